package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/store"
)

// testGroups checks that of a group all is done, or nothing: wherever in it the change is that doesn't
// fit.
func testGroups(t *testing.T, s Singly, c *Clock) {
	ctx := t.Context()
	a, b, d, gone := key("a"), key("b"), key("c"), key("gone")
	va, err := s.Put(ctx, a, 0, "a", day)
	must(t, err)
	vb, err := s.Put(ctx, b, 0, "b", day)
	must(t, err)
	must(t, s.Append(ctx, b, 0, "first"))
	vd, err := s.Put(ctx, d, 0, "c", day)
	must(t, err)
	over, err := s.Put(ctx, gone, 0, "", time.Hour)
	must(t, err)
	c.Advance(time.Hour)
	fits := []store.Change{store.Put(a, va, "a2", day), store.Append(b, 1, "second"), store.Delete(d, vd), store.Put(key("new"), 0, "new", day)}
	check := func(when string, want ...string) {
		t.Helper()
		for i, k := range []store.Key{a, b, d, key("new")} {
			r, err := s.Get(ctx, k)
			must(t, err)
			if have := fmt.Sprint(r.Head, r.Items); have != want[i] {
				t.Errorf("%s: %v is %s, want %s", when, k, have, want[i])
			}
		}
	}
	for what, bad := range map[string]store.Change{
		"an old version": store.Put(key("x"), va, "", day), "one that is over": store.Append(gone, 0, "late"), "a deletion of one that is over": store.Delete(gone, over),
		"an item that is there": store.Append(b, 0, "again"), "the same record": store.Put(b, vb, "twice", day), "nothing to do": {Key: key("x")},
	} {
		for at := range len(fits) + 1 {
			versions, err := s.Commit(ctx, slices.Insert(slices.Clone(fits), at, bad)...)
			conflict(t, err)
			if versions != nil {
				t.Errorf("%s: %v", what, versions)
			}
			check(fmt.Sprint(what, " at ", at), "a0", "b1", "c0", "0")
		}
	}
	if _, err := s.Commit(ctx, slices.Concat(fits, []store.Change{store.Put(key("x"), 0, strings.Repeat("h", store.MaxHead+1), day)})...); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("with a head that is too large: %v", err)
	}
	check("with a head that is too large", "a0", "b1", "c0", "0")
	versions, err := s.Commit(ctx, fits...)
	must(t, err)
	check("all of it", "a20", "b2", "0", "new0")
	if len(versions) != 4 || versions[0] <= va || versions[1] != 0 || versions[2] != 0 || versions[3] <= va {
		t.Errorf("versions %v after %d", versions, va)
	}
	for i, k := range []store.Key{a, key("new")} {
		if r, err := s.Get(ctx, k); err != nil || r.Version != versions[3*i] {
			t.Errorf("%v has version %d, %v, and %v were told", k, r.Version, err, versions)
		}
	}
	told := map[store.Key]bool{}
	for len(s.Feed()) > 0 {
		told[(<-s.Feed()).Key] = true
	}
	for i := range fits {
		if !told[fits[i].Key] {
			t.Errorf("nothing is told of %v", fits[i].Key)
		}
	}
}

// testGroupBounds checks how many changes a group may have.
func testGroupBounds(t *testing.T, s Singly, _ *Clock) {
	if versions, err := s.Commit(t.Context()); err != nil || len(versions) != 0 {
		t.Errorf("of no changes: %v, %v", versions, err)
	}
	var group []store.Change
	for i := range store.MaxGroup + 1 {
		group = append(group, store.Put(key(fmt.Sprint(i)), 0, fmt.Sprint(i), day))
	}
	if _, err := s.Commit(t.Context(), group...); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("too many: %v", err)
	}
	if keys, err := s.Scan(t.Context(), "box", store.Key{}, 1); err != nil || len(keys) > 0 {
		t.Errorf("of too many there are %v, %v", keys, err)
	}
	versions, err := s.Commit(t.Context(), group[:store.MaxGroup]...)
	must(t, err)
	for i, v := range versions {
		if r, err := s.Get(t.Context(), group[i].Key); err != nil || r != (store.Record{Version: v, Head: fmt.Sprint(i)}) {
			t.Errorf("%d is %+v, %v", i, r, err)
		}
	}
}

// testGroupRace has many take from one record what they give to another, and note it in a third one: nothing
// is made of nothing, or lost, and there are as many notes as were told to have been made.
func testGroupRace(t *testing.T, s Singly, _ *Clock) {
	const purses, each = 4, 100
	for i := range purses {
		_, err := s.Put(t.Context(), key(fmt.Sprint(i)), 0, fmt.Sprint(each), day)
		must(t, err)
	}
	_, err := s.Put(t.Context(), key("notes"), 0, "", day)
	must(t, err)
	if made := transfers(t, s, purses); made == 0 {
		t.Error("nobody has given anything")
	} else if r, err := s.Get(t.Context(), key("notes")); err != nil || r.Items != made {
		t.Errorf("%d notes of %d, %v", r.Items, made, err)
	}
	if all := inPurses(t, s, purses); all != purses*each {
		t.Errorf("%d are there of %d", all, purses*each)
	}
}

// inPurses returns the sum of what is in so many records.
func inPurses(t *testing.T, s Singly, purses int) (all int) {
	for i := range purses {
		r, err := s.Get(t.Context(), key(fmt.Sprint(i)))
		must(t, err)
		n, err := strconv.Atoi(r.Head)
		must(t, err)
		all += n
	}
	return all
}

// transfers has all writers try to give, and returns how often one was told that it has.
func transfers(t *testing.T, s Singly, purses int) (made int) {
	var mu sync.Mutex
	together(func(i int) {
		for n := range things {
			from, to := key(fmt.Sprint((i+n)%purses)), key(fmt.Sprint((i+2*n+1)%purses))
			var err error
			read := func(k store.Key) (r store.Record, amount int) {
				if err == nil {
					r, err = s.Get(t.Context(), k)
					amount, _ = strconv.Atoi(r.Head)
				}
				return r, amount
			}
			giver, has := read(from)
			taker, gets := read(to)
			notes, _ := read(key("notes"))
			if err == nil {
				_, err = s.Commit(t.Context(), store.Put(from, giver.Version, fmt.Sprint(has-1), day),
					store.Append(key("notes"), notes.Items, fmt.Sprint(i, n)), store.Put(to, taker.Version, fmt.Sprint(gets+1), day))
			}
			if err == nil {
				mu.Lock()
				made++
				mu.Unlock()
			}
		}
	})
	return made
}

// sharedGroups is testGroupRace where a group that fails may have been made: but all of it.
func sharedGroups(t *testing.T, s Singly) {
	const purses, each = 4, 100
	for i := range purses {
		for r := (store.Record{}); r.Version == 0; r, _ = s.Get(t.Context(), key(fmt.Sprint(i))) { // it may fail
			s.Put(t.Context(), key(fmt.Sprint(i)), 0, fmt.Sprint(each), day)
		}
	}
	for r := (store.Record{}); r.Version == 0; r, _ = s.Get(t.Context(), key("notes")) {
		s.Put(t.Context(), key("notes"), 0, "", day)
	}
	made := transfers(t, s, purses)
	all := 0
	for range 10 { // a read may be old
		if all = inPurses(t, s, purses); all == purses*each {
			break
		}
	}
	if r, err := s.Get(t.Context(), key("notes")); all != purses*each || err != nil || r.Items < made {
		t.Errorf("%d are there of %d, and %d notes of %d that were told, %v", all, purses*each, r.Items, made, err)
	}
}
