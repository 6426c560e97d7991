package mailbox

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Fails when something that the tests of this package ask of a board doesn't hold on
// another store than that in memory: on a disk, or one that others use, too, so that changes conflict and
// hints are lost and come twice. They run as they are, in a process of their own.
func TestOnEveryStore(t *testing.T) {
	if os.Getenv(storeKind) != "" {
		t.Skip("it is one")
	}
	for _, kind := range []string{"bolt", "conflicts"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			args := []string{"-test.skip=^(Fuzz|TestOnEveryStore$)", "-test.timeout=5m"}
			if testing.Short() {
				args = append(args, "-test.short")
			}
			if f := flag.Lookup("test.v"); f != nil && f.Value.String() == "true" {
				args = append(args, "-test.v")
			}
			cmd := exec.Command(os.Args[0], args...)
			cmd.Env = append(os.Environ(), storeKind+"="+kind)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "PASS") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
