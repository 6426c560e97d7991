package main

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDigest(t *testing.T) {
	var d digest
	for _, c := range []struct {
		sums map[string]int64
		want []any
	}{
		{map[string]int64{"full": 0, "rush": 0}, nil},
		{map[string]int64{"full": 3, "rush": 1}, []any{"full", int64(3), "rush", int64(1)}},
		{map[string]int64{"full": 3, "rush": 1}, nil},
		{map[string]int64{"full": 3, "rush": 5}, []any{"rush", int64(4)}},
	} {
		if got := d.since(c.sums); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, want %v", c.sums, got, c.want)
		}
	}
}

// However much is refused, the log has a line a minute of it, and none when it is over.
func TestRefusalsAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var log bytes.Buffer
		n := int64(0)
		begin := time.Now()
		go tellRefusals(ctx, func() map[string]int64 {
			if time.Since(begin) < 3*time.Minute+time.Second {
				n += 100_000
			}
			return map[string]int64{"rush": n}
		}, slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(time.Hour)
		cancel()
		synctest.Wait()
		if text := log.String(); strings.Count(text, "\n") != 3 || strings.Count(text, "rush=100000") != 3 {
			t.Errorf("the log:\n%s", text)
		}
	})
}
