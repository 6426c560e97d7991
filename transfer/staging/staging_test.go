package staging_test

import (
	"testing"
)

func child(string, string) {}

func TestWholeTree(t *testing.T) {
	dir, path := target(t)
	s := plain()
	tr := open(t, dir, s, nil)
	if tr.Complete() {
		t.Error("complete before anything came")
	}
	s.finish(t, tr)
	if !tr.Complete() {
		t.Error("not complete")
	}
	if got := snapshot(t, path, left(t, path)[0]); len(got) != 0 {
		t.Errorf("visible before Place: %v", got)
	}
	place(t, tr, nil)
	same(t, "result", snapshot(t, path, ""), s.want())
}
