package main

import "testing"

// Fails when memory isn't given back after many have gone, or is all the time.
func TestThrift(t *testing.T) {
	for _, c := range []struct {
		name      string
		connected []int
		due       []bool
	}{
		{"at once", []int{2000, 2000, 0, 0}, []bool{false, false, true, false}},
		{"by and by", []int{2000, 1500, 1001, 1000, 600, 499, 300, 100, 0}, []bool{false, false, false, true, false, true, false, true, false}},
		{"a few", []int{100, 0, 127, 0}, []bool{false, false, false, false}},
		{"coming and going", []int{900, 500, 900, 500, 460, 900}, []bool{false, false, false, false, false, false}},
		{"again", []int{300, 10, 300, 10}, []bool{false, true, false, true}},
	} {
		var th thrift
		for i, n := range c.connected {
			if due := th.due(n); due != c.due[i] {
				t.Errorf("%s: with %d after %v it is due: %v", c.name, n, c.connected[:i], due)
			}
		}
	}
}
