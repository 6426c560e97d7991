package mailbox

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sesame/relay/store"
)

// Fails if a record that can't be read keeps a server from starting, or others from being read; if it is thrown away,
// or what is in it is said; or if what a newer version wrote is taken for one.
func TestStartsBesideOddRecords(t *testing.T) {
	w := newTown(t, Limits{})
	w.noted.calm(true)
	good := w.bound("a")
	w.do(good, claimFrame("4"))
	box := w.plate("4").box
	w.do(good, openFrame(box), addFrame("pake", "00"))
	ctx := context.Background()
	put := func(kind, name, head string, items ...string) {
		t.Helper()
		k := store.Key{Kind: kind, App: "app", Name: name}
		_, err := w.store.Commit(ctx, store.Put(k, 0, head, time.Hour))
		for n, item := range items {
			if err == nil {
				_, err = w.store.Commit(ctx, store.Append(k, n, item))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	boxHead := (&box0).encode()
	for range 2 { // the second time there is something already where they go
		put(kindPlate, "7", "secret plate")
		put(kindBox, "headless", "", "one", "two")
		put(kindBox, "cut", boxHead[:len(boxHead)-1])
		put(kindBox, "item", boxHead, (&message{side: "a"}).encode(), "secret item")
		var log bytes.Buffer
		w.b = New(Config{Store: w.store, Limits: Limits{}.withDefaults(), Deliver: w.deliver, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := w.b.Start(ctx, w.now); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "nameplates=1 mailboxes=3 ") || strings.Contains(log.String(), "secret") {
			t.Errorf("the log says %s", &log)
		}
		if n := w.b.Mailboxes(); n != 1 {
			t.Errorf("%d mailboxes", n)
		}
		if keys := w.keys(kindBox); len(keys) != 1 || keys[0].Name != box {
			t.Errorf("there are the mailboxes %v", keys)
		}
		if n := w.plate("4"); n.box != box {
			t.Errorf("the nameplate leads to %q", n.box)
		}
		if keys := w.keys(oddKind + kindBox); len(keys) != 3 {
			t.Errorf("set aside: %v", keys)
		}
		for name, items := range map[string]string{"headless": "one,two", "item": (&message{side: "a"}).encode() + ",secret item"} {
			if have, err := w.store.Items(ctx, store.Key{Kind: oddKind + kindBox, App: "app", Name: name}, 0); err != nil || strings.Join(have, ",") != items {
				t.Errorf("of %s there are %q, %v", name, have, err)
			}
		}
		if r, err := w.store.Get(ctx, store.Key{Kind: oddKind + kindPlate, App: "app", Name: "7"}); err != nil || r.Head != "secret plate" {
			t.Errorf("the nameplate is %+v, %v", r, err)
		}
		log.Reset()
		w.b = New(Config{Store: w.store, Limits: Limits{}.withDefaults(), Deliver: w.deliver, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err := w.b.Start(ctx, w.now); err != nil || log.Len() > 0 {
			t.Errorf("the next one: %v, %s", err, &log)
		}
	}
	put(kindBox, "new", string(rune(form+1))+"what nobody knows yet")
	if err := w.b.Start(ctx, w.now); !errors.Is(err, ErrNewer) {
		t.Errorf("beside one of a newer version: %v", err)
	}
	if keys := w.keys(kindBox); len(keys) != 2 {
		t.Errorf("there are the mailboxes %v", keys)
	}
}

var box0 = box{created: time.Unix(1e9, 0), sides: []side{{seat: 1, name: "a", open: true}}}

// Fails if a store that takes nothing keeps a server from starting beside a record that can't be read.
func TestStartsBesideOddRecordsOnAFullDisk(t *testing.T) {
	w := newTown(t, Limits{})
	w.noted.calm(true)
	k := store.Key{Kind: kindBox, App: "app", Name: "m"}
	if _, err := w.store.Commit(t.Context(), store.Put(k, 0, "secret", time.Hour)); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	w.b = New(Config{Store: &fullStore{w.store, true}, Limits: Limits{}.withDefaults(), Deliver: w.deliver, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err := w.b.Start(t.Context(), w.now); err != nil || !strings.Contains(log.String(), `"left in their places"=1`) || strings.Contains(log.String(), "secret") {
		t.Errorf("%v, and the log says %s", err, &log)
	}
	if r, err := w.store.Get(t.Context(), k); err != nil || r.Head != "secret" {
		t.Errorf("it is %+v, %v", r, err)
	}
}
