package native

import (
	"math/rand/v2"
	"testing"

	"sesame/session"
	"sesame/tree/manifest"
)

func entriesOf(sizes ...int64) []manifest.Entry {
	out := make([]manifest.Entry, len(sizes))
	for i, n := range sizes {
		out[i] = manifest.Entry{Kind: manifest.File, Size: n}
	}
	return out
}

// Fails if small files don't share records, or a record gets more than fits.
func TestScheduleBatches(t *testing.T) {
	sizes := make([]int64, 2000)
	for i := range sizes {
		sizes[i] = int64(i) * 7 % 3000
	}
	sizes[1500] = maxChunk + 1
	s := newSchedule(entriesOf(sizes...))
	var total int64
	records := 0
	for {
		pieces := s.take(nil, maxChunk)
		if len(pieces) == 0 {
			break
		}
		records++
		room := 0
		for _, p := range pieces {
			total += p.N
			room += int(p.N) + frameRoom
		}
		if room > maxChunk+frameRoom || len(pieces) > maxPieces {
			t.Errorf("record of %d bytes in %d pieces", room, len(pieces))
		}
	}
	if total != s.total || records > 20 {
		t.Errorf("%d bytes in %d records, want %d", total, records, s.total)
	}
}

// records are what is under way on a lane: the pieces of each record.
type records struct{ pieces [][]session.Piece }

func (r *records) ack(n int, settle func([]session.Piece)) {
	for _, p := range r.pieces[:n] {
		settle(p)
	}
	r.pieces = r.pieces[n:]
}

func (r *records) clear(lost func([]session.Piece)) { r.ack(len(r.pieces), lost) }

// recall takes pieces back, though the records stay under way.
func (r *records) recall(lost func([]session.Piece)) {
	for i, p := range r.pieces {
		lost(p)
		r.pieces[i] = nil
	}
}

// Fails if, with lanes that are lost at random, entries that fail, some that are
// held and some that are released late, a byte is never acknowledged, or the
// schedule thinks that it is complete too early or never.
func TestScheduleUnderLoss(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var sizes []int64
		for range 1 + rnd.IntN(60) {
			sizes = append(sizes, []int64{0, 1, 5000, maxChunk, maxChunk + 1, 3 * maxChunk}[rnd.IntN(6)])
		}
		s := newSchedule(entriesOf(sizes...))
		there := make([]map[int64]bool, len(sizes)) // bytes at the beginning of each 4096
		for i := range there {
			there[i] = map[int64]bool{}
		}
		held := -1
		if i := rnd.IntN(len(sizes)); sizes[i] > 0 {
			if err := s.hold(i, 1); err != nil {
				t.Fatal(err)
			}
			held = i
		}
		flights := [2]*records{new(records), new(records)}
		settle := func(pieces []session.Piece) {
			for _, i := range s.settle(pieces, nil) {
				s.retire(i)
			}
			for _, p := range pieces {
				for off := (p.Off + 4095) &^ 4095; off < p.Off+p.N; off += 4096 {
					there[p.Index][off] = true
				}
			}
		}
		failed := map[int]bool{}
		for step := 0; !s.complete(); step++ {
			if step > 20_000 {
				t.Fatalf("seed %d: never complete: %+v", seed, s)
			}
			f := flights[rnd.IntN(2)]
			switch rnd.IntN(7) {
			case 6:
				f.recall(s.lost)
			case 0:
				f.clear(s.lost)
			case 1:
				i := rnd.IntN(len(sizes))
				if whole := len(there[i]) == int((sizes[i]+4095)/4096); !whole && rnd.IntN(10) == 0 {
					s.fail(i)
					failed[i] = true
				}
			case 2:
				if held >= 0 {
					s.release(held, []session.Piece{{Index: int32(held), N: sizes[held]}})
					held = -1
				}
			case 3:
				f.ack(rnd.IntN(len(f.pieces)+1), settle)
			default:
				most := []int64{leastRecord, 60_000, maxChunk}[rnd.IntN(3)]
				if pieces := s.take(nil, most); len(f.pieces) < 64 && len(pieces) > 0 {
					f.pieces = append(f.pieces, pieces)
				} else if len(pieces) > 0 {
					s.lost(pieces)
				}
			}
		}
		for i, n := range sizes {
			for off := int64(0); off < n && !failed[i]; off += 4096 {
				if !there[i][off] {
					t.Fatalf("seed %d: entry %d at %d never arrived", seed, i, off)
				}
			}
		}
		if s.done != s.total || s.flying != 0 {
			t.Errorf("seed %d: done %d of %d, %d in flight", seed, s.done, s.total, s.flying)
		}
	}
}

// Fails if something of an ordered transfer is sent beyond the window.
func TestScheduleOrdered(t *testing.T) {
	s := newSchedule(entriesOf(100 << 20))
	s.ordered = true
	var first []session.Piece
	for n := 0; ; n++ {
		pieces := s.take(nil, maxChunk)
		if len(pieces) == 0 {
			break
		}
		if p := pieces[0]; p.Off+p.N > maxWindow {
			t.Fatalf("sent up to %d while nothing arrived", p.Off+p.N)
		}
		if first == nil {
			first = pieces
		}
		if n > 1000 {
			t.Fatal("no end")
		}
	}
}

// Fails if a hole isn't skipped in one piece, or what others took meanwhile is
// counted twice.
func TestScheduleHole(t *testing.T) {
	s := newSchedule(entriesOf(1 << 40))
	a := s.take(nil, maxChunk)[0]
	if n := s.skip(a, 1<<39); n != 1<<39 {
		t.Errorf("piece of %d", n)
	}
	b := s.take(nil, maxChunk)[0]
	c := s.take(nil, maxChunk)[0]
	if n := s.skip(b, 1<<40); b.Off != 1<<39 || n != b.N || c.Off != b.Off+b.N {
		t.Errorf("pieces %+v, %+v; %d", b, c, n)
	}
}

// Fails if what was lost goes out again in other parts where what overlaps is refused:
// the lane that lost it may have brought it.
func TestOrderedGoesOutAgainAsItWas(t *testing.T) {
	s := newSchedule([]manifest.Entry{{Path: "f", Kind: manifest.File, Size: 10 << 20}})
	s.ordered = true
	first := s.take(nil, maxChunk)
	s.lost(first)
	if again := s.take(nil, 4096); len(again) != 1 || again[0] != first[0] {
		t.Errorf("%v was lost, and %v goes out", first, again)
	}
	if next := s.take(nil, 4096); len(next) != 1 || next[0].N != 4096 {
		t.Errorf("%v goes out for the first time", next)
	}
}
