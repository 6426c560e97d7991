package relay

import "testing"

func TestDefaultConns(t *testing.T) {
	for files, want := range map[uint64]int{0: 16, 1024: 819, 20_000: 16_000, 1 << 20: 100_000, 1<<64 - 1: 100_000} {
		if got := defaultConns(files); got != want {
			t.Errorf("defaultConns(%d) = %d, want %d", files, got, want)
		}
	}
}
