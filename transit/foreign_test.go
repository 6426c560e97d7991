package transit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A bystander is a web server that is no relay, and notes what it is asked for.
type bystander struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func startBystander(t *testing.T) *bystander {
	b := &bystander{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.asked = append(b.asked, strings.Join([]string{r.Method, r.RequestURI, r.UserAgent(), r.Referer(), r.Host}, " "))
		b.mu.Unlock()
		http.Redirect(w, r, "/admin/users/delete?id=2&confirm=yes", http.StatusFound)
	}))
	t.Cleanup(b.Close)
	return b
}

// hint names the bystander as a relay, at an address that is an order.
func (b *bystander) hint(kind string) Hint {
	const order = "/admin/users/delete?id=1&confirm=yes"
	return peerRelay(Hint{Type: kind, URL: "ws" + strings.TrimPrefix(b.URL, "http") + order})
}

func (b *bystander) check(t *testing.T, most int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	host := strings.TrimPrefix(b.URL, "http://")
	if len(b.asked) == 0 || len(b.asked) > most || slices.ContainsFunc(b.asked, func(s string) bool { return s != "GET /transit sesame  "+host }) {
		t.Errorf("asked for %q, want GET /transit by sesame, %d times at most", b.asked, most)
	}
}

// Fails if a peer can have a request of its choice sent, in the classic protocol, or
// one that is none of its choice again and again.
func TestPeerNamesARequestClassic(t *testing.T) {
	for _, role := range []Role{Leader, Follower} {
		by := startBystander(t)
		e, err := Listen(t.Context(), role, make([]byte, KeySize), &Config{Relays: []Relay{}, AllowLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := e.Connect(ctx, Message{Hints: []Hint{by.hint(typeWebSocket), by.hint(typeWebSocketV1)}})
			ended <- err
		}()
		waitFor(t, func() bool { return by.count() > 0 })
		cancel()
		<-ended
		by.check(t, 1)
	}
}

// Fails if a peer can have a request of its choice sent by lanes, or one that is none
// of its choice again and again, or to very many addresses.
func TestPeerNamesARequestNative(t *testing.T) {
	for _, role := range []Role{Leader, Follower} {
		first, second := startBystander(t), startBystander(t)
		ls, err := OpenLanes(t.Context(), role, &LanesConfig{Config: Config{Relays: []Relay{}, AllowLoopback: true, NoPortMapping: true, NoUDP: true}})
		if err != nil {
			t.Fatal(err)
		}
		ls.Start(func(_ string, size int) []byte { return make([]byte, size) }, []Hint{first.hint(typeWebSocket)})
		ls.AddHints([]Hint{second.hint(typeWebSocketV1)}, 0)
		waitFor(t, func() bool { return first.count() > 0 && second.count() > 0 && ls.idle(time.Hour) })
		var many []Hint
		for range maxForeign + 5 {
			many = append(many, startBystander(t).hint(typeWebSocket))
		}
		for _, h := range many {
			ls.AddHints([]Hint{h}, 0)
		}
		ls.mu.Lock()
		foreign := ls.hunt.foreign
		ls.mu.Unlock()
		ls.Close()
		first.check(t, 1)
		second.check(t, 1)
		if foreign != maxForeign {
			t.Errorf("%d addresses of the peer's relays are dialled, want %d", foreign, maxForeign)
		}
	}
}

// idle reports whether nothing is to be dialled for some time.
func (ls *Lanes) idle(d time.Duration) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for id, r := range ls.hunt.rungs {
		if at, ok := ls.hunt.due(id); r.state != waiting || ok && time.Until(at) < d {
			return false
		}
	}
	return true
}

func (b *bystander) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.asked)
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it doesn't come about")
		}
	}
}
