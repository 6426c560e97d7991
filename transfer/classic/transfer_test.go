package classic

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"sesame/internal/test/crossing"
	"sesame/transfer"
)

func TestFileSizes(t *testing.T) {
	for _, n := range []int{0, 1, recordSize - 1, recordSize, recordSize + 1, blockSize - 1, blockSize, blockSize + 1, 5*blockSize + 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			data := crossing.Bytes(n)
			src := crossing.File(t, n)
			dir := crossing.Dir(t)
			res := run(t, src, transfer.Target{Into: disk(dir)})
			res.OK(t)
			if got := res.Final(); !slices.Equal(got, []string{"data.bin"}) || res.Report.Bytes != int64(n) || res.Told.Bytes != int64(n) {
				t.Errorf("%q: %+v", got, res.Report)
			}
			if o := res.Offer; o.Kind != transfer.File || o.Size != int64(n) || o.Files != 1 || o.Name.String() != "data.bin" {
				t.Errorf("offer %+v", o)
			}
			got, err := contentOf(dir, "data.bin")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d, %v", len(got), n, err)
			}
			if left := crossing.Names(t, dir); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
