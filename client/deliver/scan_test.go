package deliver

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

// A list that was begun in the background can be stopped, or go on beside that
// of a transfer.
func TestScanInTheBackground(t *testing.T) {
	top := t.TempDir()
	for i := range 1100 {
		crossing.Write(t, filepath.Join(top, string(rune('a'+i%26)), string(rune('a'+i/26%26))+string(rune('a'+i/676))), nil, 0o644)
	}
	both(t, func(t *testing.T, p protocol) {
		src := crossing.Open(t, top)
		began, goOn := make(chan bool), make(chan bool)
		scanned := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			first := true
			scanned <- src.Scan(ctx, func(int, int64) {
				if first {
					first = false
					close(began)
					<-goOn
				}
			})
		}()
		<-began
		result := make(chan crossing.Result, 1)
		go func() { result <- p.run(t, src, transfer.Target{Into: disk(crossing.Dir(t))}) }()
		cancel()
		close(goOn)
		if err := <-scanned; !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		res := <-result
		res.OK(t)
		if res.Offer.Files != 1100 {
			t.Errorf("%d files", res.Offer.Files)
		}
	})
}
