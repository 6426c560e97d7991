package source

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Fails when the seats disagree with a list that is too simple to be wrong.
func TestHoldingsAgreeWithModel(t *testing.T) {
	const each, all = 5, 40
	type held struct {
		id   int
		from Source
	}
	s := NewHoldings[int](each, all)
	var list []held // the oldest first
	rnd := rand.New(rand.NewPCG(1, 2))
	share := func(src Source) (most, least int, room bool) {
		room = true
		for n, times := range src.Networks {
			count := 0
			for _, h := range list {
				for m := range h.from.Networks {
					if m == n {
						count++
					}
				}
			}
			most = max(most, (count+times-1)/times)
			room = room && count < Share(each, times, all)
		}
		return most, least, room
	}
	for id := range 20_000 {
		src := at([]string{fmt.Sprintf("192.0.2.%d", rnd.IntN(12)), inNetwork(rnd.IntN(30) * 100)}[rnd.IntN(2)])
		if rnd.IntN(3) == 0 && len(list) > 0 {
			i := rnd.IntN(len(list))
			if !s.Leave(list[i].id) || s.Leave(list[i].id) {
				t.Fatalf("%d leaves", list[i].id)
			}
			list = append(list[:i:i], list[i+1:]...)
			continue
		}
		weight, _, room := share(src)
		if s.Room(src) != room {
			t.Fatalf("room: %v, want %v", s.Room(src), room)
		}
		if !room {
			continue
		}
		if len(list) == all {
			largest := 0
			for _, h := range list {
				w, _, _ := share(h.from)
				largest = max(largest, w)
			}
			first, found := 0, false
			for first = range s.Richer(src) {
				found = true
				break
			}
			if found != (weight+1 < largest) {
				t.Fatalf("one of weight %d beside %d: %v", weight, largest, found)
			}
			if !found {
				continue
			}
			for i, h := range list {
				if h.id == first {
					if w, _, _ := share(h.from); w != largest {
						t.Fatalf("one of weight %d makes room, the largest is %d", w, largest)
					}
					list = append(list[:i:i], list[i+1:]...)
					break
				}
			}
			s.Leave(first)
		}
		s.Take(src, id)
		list = append(list, held{id, src})
		if s.Len() != len(list) || !s.Has(id) {
			t.Fatalf("%d are taken, want %d", s.Len(), len(list))
		}
	}
	for _, h := range list {
		s.Leave(h.id)
	}
	if s.Len() != 0 || s.Holders() != 0 || len(s.ranks) != 0 || s.most != 0 {
		t.Errorf("left: %d, %d holders, %d ranks", s.Len(), s.Holders(), len(s.ranks))
	}
}

// Fails when what a source held for longest isn't what it loses, or another one loses it.
func TestOldestOfASource(t *testing.T) {
	s := NewHoldings[string](2, 100)
	if _, ok := s.Oldest(at("192.0.2.1")); ok {
		t.Error("there is one of nobody")
	}
	s.Take(at("192.0.2.2"), "another")
	for i := range 8 {
		s.Take(at(inNetwork(i)), fmt.Sprint("a", i)) // the /56 may have eight
	}
	s.Take(at(inNetwork(300)), "b")
	if t0, ok := s.Oldest(at(inNetwork(9))); t0 != "a0" || !ok {
		t.Errorf("of a full /56: %q", t0)
	}
	if t0, ok := s.Oldest(at(inNetwork(300))); t0 != "b" || !ok {
		t.Errorf("of a /64 that isn't full: %q", t0)
	}
}
