package punch

import (
	"os"
	"testing"

	"sesame/internal/test/leaks"
)

// TestMain fails if a test left goroutines behind.
func TestMain(m *testing.M) {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	os.Exit(leaks.Run(m))
}
