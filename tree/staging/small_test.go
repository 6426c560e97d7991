package staging

import (
	"testing"

	"sesame/tree"
)

func TestNames(t *testing.T) {
	for range 100 {
		name := stagingName("holiday")
		if !isStaging(name, stagingPrefix("holiday")) || isStaging(name, stagingPrefix("holida")) {
			t.Errorf("%q", name)
		}
	}
	for _, name := range []string{".holiday.sesame", ".holiday..sesame", ".holiday.0000000000000000.sesame", ".holiday.AAAAAAAAAAAAAAAA.sesame", ".holiday.aaaaaaaaaaaaaaaa.sesam", ".holiday.x.aaaaaaaaaaaaaaaa.sesame"} {
		if isStaging(name, stagingPrefix("holiday")) {
			t.Errorf("%q would be adopted", name)
		}
	}
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 1500: "1.5 kB", 999_949: "999.9 kB", 999_999: "1.0 MB", 12_345_678_901: "12.3 GB", 1 << 63: "9.2 EB"} {
		if got := tree.Size(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
