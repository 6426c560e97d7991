package transit

import (
	"os"
	"testing"

	"sesame/internal/test/leaks"
)

// TestMain fails if a test left goroutines behind.
func TestMain(m *testing.M) { os.Exit(leaks.Run(m)) }
