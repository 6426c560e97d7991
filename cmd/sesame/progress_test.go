package main

import (
	"bytes"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"sesame/client"
	"sesame/transfer"
)

// Fails if a log doesn't say every half minute how far a transfer is, or says it more
// often.
func TestProgressInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		m := meter{ui: newTerminal(os.Stdin, &bytes.Buffer{}, &screen{w: &shown}), used: true}
		for second := range int64(100) {
			m.tell(client.Progressed{Progress: transfer.Progress{Done: second * 1e6, Total: 100e6}, Rate: 1e6})
			time.Sleep(time.Second)
		}
		want := "So far: 30%, 30 MB of 100 MB, 1.0 MB/s, 1:10 min left\n" +
			"So far: 60%, 60 MB of 100 MB, 1.0 MB/s, 40 s left\n" +
			"So far: 90%, 90 MB of 100 MB, 1.0 MB/s, 10 s left\n"
		if shown.String() != want {
			t.Errorf("%q\nwant %q", shown.String(), want)
		}
	})
}

// Fails if signs come where the environment says that there are none, or don't where it
// says that there are.
func TestSigns(t *testing.T) {
	for env, want := range map[[4]string]bool{
		{"", "", "", "xterm"}: false, {"", "", "C", "xterm"}: false, {"", "", "en_GB.UTF-8", "xterm"}: true, {"", "", "en_GB.utf8", "xterm"}: true,
		{"C", "", "en_GB.UTF-8", "xterm"}: false, {"", "POSIX", "en_GB.UTF-8", "xterm"}: false, {"C.UTF-8", "C", "C", "xterm"}: true,
		{"C.UTF-8", "", "", "dumb"}: false, {"", "", "de_DE.ISO-8859-1", "xterm"}: false,
	} {
		got := hasSigns(func(name string) string {
			return map[string]string{"LC_ALL": env[0], "LC_CTYPE": env[1], "LANG": env[2], "TERM": env[3]}[name]
		})
		if got != want {
			t.Errorf("%q: %v", env, got)
		}
	}
	for bare, want := range map[bool]string{true: "-> a ...", false: "→ a …"} {
		if got := (&screen{bare: bare}).own("→ a …"); got != want {
			t.Errorf("bare %v: %q", bare, got)
		}
	}
}
