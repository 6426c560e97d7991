package transit

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Closing while a read waits ends the WebSocket in its own way, after the last
// record.
func TestCloseWebSocketWhileReading(t *testing.T) {
	ended := make(chan websocket.StatusCode, 1)
	messages := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ws, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		for {
			if _, _, err := ws.Read(t.Context()); err != nil {
				ended <- websocket.CloseStatus(err)
				return
			}
			messages++
		}
	}))
	defer web.Close()
	url := strings.Replace(web.URL, "http", "ws", 1)
	cfg, err := (&Config{NoDirect: true, Relays: []Relay{{URL: url}}}).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := planOf(&cfg, nil, nil).routes[0].Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(raw, Path{}, key, Leader, time.Minute)
	reading := make(chan error, 1)
	go func() { _, err := c.ReadRecord(); reading <- err }()
	for c.s.reading.TryLock() { // until the read has begun
		c.s.reading.Unlock()
		runtime.Gosched()
	}
	if err := c.WriteRecord([]byte("last")); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	c.Close()
	if took := time.Since(begun); took > drainTime/2 {
		t.Errorf("took %v", took)
	}
	if status := <-ended; status != websocket.StatusNormalClosure || messages != 1 {
		t.Errorf("ended with status %d after %d messages", status, messages)
	}
	if err := <-reading; err == nil {
		t.Error("the read got something")
	}
}

// Fails if a relay's address at which there is something else doesn't say so.
func TestWebSocketNotARelay(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>log in") }))
	defer page.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	for url, want := range map[string]string{
		"ws" + strings.TrimPrefix(page.URL, "http"):     "relay ws" + strings.TrimPrefix(page.URL, "http") + " is no relay: HTTP status 200",
		"wss" + strings.TrimPrefix(page.URL, "http"):    "failed: it does not speak TLS",
		"wss" + strings.TrimPrefix(secure.URL, "https"): "failed: nobody whom this computer trusts has signed its certificate",
	} {
		e, err := Listen(t.Context(), Leader, make([]byte, KeySize), &Config{Relays: []Relay{{URL: url}}, NoDirect: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Connect(t.Context(), Message{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}
