//go:build linux && long

package wine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// packages lists those whose tests are about no network, and how many of them have to
// pass at least: one that skips itself isn't counted.
var packages = map[string]int{
	"pake": 27, "tree": 15, "tree/manifest": 47, "tree/staging": 10, "transfer": 4, "transit/record": 38,
	"internal/descriptors": 2, "internal/neterr": 3, "internal/ranges": 3, "internal/reason": 1, "internal/safetext": 7,
	"internal/tokens": 4, "internal/userstate": 3, "internal/wire": 10,
}

// Fails if a test that is about no network fails on Windows, or skips itself without
// anybody having noticed.
func TestPackages(t *testing.T) {
	for pkg, least := range packages {
		t.Run(strings.ReplaceAll(pkg, "/", "_"), func(t *testing.T) {
			program := filepath.Join(shared.windows, strings.ReplaceAll(pkg, "/", "_")+".test.exe")
			cmd := exec.Command("go", "test", "-vet=off", "-c", "-o", program, "sesame/"+pkg)
			cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", cmd, err, text)
			}
			// Its own files are looked for where it runs.
			dir := filepath.Join(shared.work, "tests", pkg)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if data := filepath.Join("..", "..", "..", pkg, "testdata"); isDir(data) {
				if err := os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS(data)); err != nil {
					t.Fatal(err)
				}
			}
			p := lab.Start(t, pkg, inWine(dir, program, "-test.v", "-test.timeout=5m"))
			code := p.Exit(t, 6*time.Minute)
			said := p.Out.String()
			passed := strings.Count(said, "\n--- PASS: ")
			if code != 0 {
				t.Errorf("exit code %d:\n%s", code, failed(said))
			}
			t.Logf("%d passed", passed)
			if passed < least {
				t.Errorf("%d passed, and %d should", passed, least)
			}
		})
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// failed returns what a test binary said about tests that didn't pass.
func failed(said string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(said, "=== RUN") {
		if strings.Contains(part, "--- FAIL") || strings.Contains(part, "panic") || strings.Contains(part, "    ") && !strings.Contains(part, "--- PASS") {
			b.WriteString(part)
		}
	}
	text := b.String()
	return text[max(0, len(text)-20_000):]
}
