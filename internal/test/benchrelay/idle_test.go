//go:build linux

package benchrelay

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var (
	idlers  = flag.Int("idle", 0, "how many idle clients, and a fifth as many pairs; 0 measures none")
	carries = flag.Duration("carry", 5*time.Second, "for how long pairs carry what they can")
)

// Fails when a client that does nothing costs more than it may.
func TestIdleClients(t *testing.T) {
	if *idlers == 0 {
		t.Skip("measures only with -idle")
	}
	files(t, uint64(*idlers)+1000)
	for _, c := range []struct {
		name           string
		secure         bool
		bound, waiting int // KiB
	}{{"plain", false, 40, 46}, {"TLS", true, 68, 74}} {
		t.Run(c.name, func(t *testing.T) {
			args, scheme := []string{"--state", "none"}, "ws"
			if c.secure {
				args, scheme = append(args, certificate(t, t.TempDir())...), "wss"
			}
			p, addr := startRelay(t, args...)
			before := resident(t, p)
			all := crowd(t, scheme+"://"+addr+"/v1", *idlers)
			each := func(what string, bound int) {
				kib := float64(resident(t, p)-before) / 1024 / float64(*idlers)
				row(t, fmt.Sprintf("%d idle clients, %s, %s", *idlers, c.name, what), fmt.Sprintf("%.1f KiB RSS each", kib), fmt.Sprintf("≤ %d", bound), "",
					"make bench-relay PART=idle", kib <= float64(bound))
			}
			each("bound", c.bound)
			all.each(t, func(i int, ws *websocket.Conn) error { return wait(t.Context(), ws, i) })
			each("waiting with a mailbox", c.waiting)
		})
	}
}

// A gathering is of clients that have said who they are.
type gathering []*websocket.Conn

// crowd connects so many clients.
func crowd(t *testing.T, url string, n int) gathering {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	all := make(gathering, n)
	t.Cleanup(func() {
		for _, ws := range all {
			if ws != nil {
				ws.CloseNow()
			}
		}
	})
	all.each(t, func(i int, _ *websocket.Conn) error {
		ws, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: client})
		if err != nil {
			return err
		}
		all[i] = ws
		return say(t.Context(), ws, fmt.Sprintf(`{"type":"bind","appid":"bench","side":"%d"}`, i), 2)
	})
	return all
}

// each does something with each of them, a few at a time.
func (g gathering) each(t *testing.T, f func(int, *websocket.Conn) error) {
	t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(g) && !t.Failed(); i = int(next.Add(1)) - 1 {
				if err := f(i, g[i]); err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// say sends a frame and hears so many.
func say(ctx context.Context, ws *websocket.Conn, frame string, hears int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := ws.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		return err
	}
	for range hears {
		if _, _, err := ws.Read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wait has a client wait for somebody, as those do that have said a code.
func wait(ctx context.Context, ws *websocket.Conn, i int) error {
	if err := say(ctx, ws, fmt.Sprintf(`{"type":"claim","nameplate":"%d"}`, 10_000_000+i), 1); err != nil {
		return err
	}
	_, b, err := ws.Read(ctx)
	if err != nil {
		return err
	}
	var m struct{ Mailbox string }
	if json.Unmarshal(b, &m); m.Mailbox == "" {
		return fmt.Errorf("%s for a claim", b)
	}
	if err := say(ctx, ws, fmt.Sprintf(`{"type":"open","mailbox":"%s"}`, m.Mailbox), 1); err != nil {
		return err
	}
	return say(ctx, ws, `{"type":"add","phase":"pake","body":"`+body+`"}`, 2)
}
