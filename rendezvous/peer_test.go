//go:build !js

package rendezvous_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/psanford/wormhole-william/rendezvous/rendezvousservertest"

	"sesame/rendezvous"
)

// exchange lets two clients meet at a server and send each other messages.
func agreement(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cfg := &rendezvous.Config{URL: url, AppID: "example.com/test", Native: &rendezvous.Native{}}
	a, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	code, err := a.Allocate(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.Nameplates(ctx)
	if err != nil || !strings.Contains(fmt.Sprint(list), code.Nameplate) {
		t.Errorf("nameplates %q, error %v", list, err)
	}
	var wg sync.WaitGroup
	for _, c := range []*rendezvous.Client{a, b} {
		wg.Go(func() {
			ch, err := c.Meet(ctx, code)
			if err != nil {
				t.Errorf("Meet: %v", err)
				return
			}
			for i := range 5 {
				if err := ch.Send(ctx, fmt.Append(nil, "message ", i)); err != nil {
					t.Errorf("Send: %v", err)
				}
			}
			for i := range 5 {
				if got, err := ch.Receive(ctx); err != nil || string(got) != fmt.Sprint("message ", i) {
					t.Errorf("Receive: %q, %v", got, err)
				}
			}
			if err := ch.Close(ctx, rendezvous.Happy); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestAtWormholeWilliamsServer(t *testing.T) {
	s := rendezvousservertest.NewServer()
	defer s.Close()
	agreement(t, s.WebSocketURL())
	if agents := fmt.Sprint(s.Agents()); agents != "[[sesame 1] [sesame 1]]" {
		t.Errorf("agents %s", agents)
	}
}

// startMailbox starts Debian's mailbox server.
func startMailbox(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("twist3"); err != nil {
		t.Skip("no twist3 (Debian package python3-magic-wormhole-mailbox-server)")
	}
	if out, err := exec.Command("/usr/bin/python3", "-c", "import wormhole_mailbox_server").CombinedOutput(); err != nil {
		t.Skipf("no mailbox server (Debian package python3-magic-wormhole-mailbox-server): %s", out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command("twist3", "wormhole-mailbox", fmt.Sprintf("--port=tcp:%d:interface=127.0.0.1", port), "--channel-db=:memory:", "--usage-db=:memory:")
	cmd.Dir = t.TempDir()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return fmt.Sprintf("ws://127.0.0.1:%d/v1", port)
		}
		select {
		case <-ended:
			t.Skipf("the mailbox server doesn't start: %s", out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("the mailbox server doesn't listen")
	return ""
}

func TestAtDebiansServer(t *testing.T) {
	url := startMailbox(t)
	agreement(t, url)

	t.Run("wrong code", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for _, secret := range []string{"galveston-goldfish", "galveston-goggles"} {
			code, err := rendezvous.ParseCode("77-" + secret)
			if err != nil {
				t.Fatal(err)
			}
			c, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wg.Go(func() {
				if _, err := c.Meet(ctx, code); !errors.Is(err, rendezvous.ErrWrongCode) {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
	})

	t.Run("crowded", func(t *testing.T) {
		code, err := rendezvous.ParseCode("78-galveston-goldfish")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for _, side := range []string{"one", "two"} {
			conn, _, err := websocket.Dial(ctx, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			for _, frame := range []string{
				`{"type":"bind","appid":"example.com/x","side":"` + side + `"}`, `{"type":"claim","nameplate":"78"}`,
			} {
				if err := conn.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
					t.Fatal(err)
				}
			}
			for {
				_, frame, err := conn.Read(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(frame), "claimed") {
					break
				}
			}
		}
		c, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url, AppID: "example.com/x"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Meet(ctx, code); !errors.Is(err, rendezvous.ErrCrowded) {
			t.Errorf("error %v", err)
		}
	})
}

// A message goes from wormhole to us.
func TestWithPythonsWormhole(t *testing.T) {
	wormhole, err := exec.LookPath("wormhole")
	if err != nil {
		t.Skip("no wormhole (Debian package magic-wormhole)")
	}
	url := startMailbox(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, wormhole, "--relay-url", url, "--transit-helper", "tcp:127.0.0.1:1", "send", "--text", "hello there", "--code", "5-crossover-clockwork")
	cmd.Dir = t.TempDir()
	sent := make(chan string, 1)
	go func() { out, err := cmd.CombinedOutput(); sent <- fmt.Sprintf("%s%v", out, err) }()
	c, err := rendezvous.Dial(ctx, &rendezvous.Config{URL: url, Native: &rendezvous.Native{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	code, err := rendezvous.ParseCode("5-crossover-clockwork")
	if err != nil {
		t.Fatal(err)
	}
	ch, err := c.Meet(ctx, code)
	if err != nil {
		t.Fatalf("%v; wormhole says %s", err, <-sent)
	}
	if _, ok := ch.Native(); ok {
		t.Error("wormhole is native")
	}
	offer, err := ch.Receive(ctx)
	if err != nil || string(offer) != `{"offer": {"message": "hello there"}}` {
		t.Errorf("offer %s, error %v", offer, err)
	}
	if err := ch.Send(ctx, []byte(`{"answer":{"message_ack":"ok"}}`)); err != nil {
		t.Error(err)
	}
	if err := ch.Close(ctx, rendezvous.Happy); err != nil {
		t.Error(err)
	}
	if out := <-sent; !strings.Contains(out, "text message sent") || !strings.HasSuffix(out, "<nil>") {
		t.Errorf("wormhole says %s", out)
	}
}

// No goroutine of ours is left after Close.
func TestNoGoroutineLeft(t *testing.T) {
	url := rendezvousservertest.NewServer().WebSocketURL()
	for range 3 {
		agreement(t, url)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		var left []string
		for _, s := range strings.Split(stacks, "\n\n") {
			if strings.Contains(s, "sesame/rendezvous.(*") {
				left = append(left, s)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(strings.Join(left, "\n\n"))
		}
		runtime.Gosched()
	}
}

func Example() {
	server := rendezvousservertest.NewServer()
	defer server.Close()
	ctx := context.Background()
	cfg := &rendezvous.Config{URL: server.WebSocketURL(), AppID: "example.com/chat"}

	codes := make(chan rendezvous.Code) // two people who talk to each other
	done := make(chan struct{})
	go func() {
		defer close(done)
		bob, err := rendezvous.Dial(ctx, cfg)
		if err != nil {
			panic(err)
		}
		defer bob.Close()
		channel, err := bob.Meet(ctx, <-codes)
		if err != nil {
			panic(err)
		}
		msg, err := channel.Receive(ctx)
		fmt.Printf("%s %v\n", msg, err)
		channel.Close(ctx, rendezvous.Happy)
	}()

	alice, err := rendezvous.Dial(ctx, cfg)
	if err != nil {
		panic(err)
	}
	defer alice.Close()
	code, err := alice.Allocate(ctx, 2)
	if err != nil {
		panic(err)
	}
	codes <- code
	channel, err := alice.Meet(ctx, code)
	if err != nil {
		panic(err)
	}
	if err := channel.Send(ctx, []byte("hello")); err != nil {
		panic(err)
	}
	channel.Close(ctx, rendezvous.Happy)
	<-done
	// Output: hello <nil>
}
