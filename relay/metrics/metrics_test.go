package metrics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sesame/relay/figures"
)

const deploy = "../../deploy"

// full returns a source of everything.
func full() *Source {
	f := figures.New()
	f.Refused.Add(figures.Rush)
	f.Meetings.Add(figures.Happy)
	f.Carried.Add(1 << 40)
	f.Shakes.Add(3 * time.Millisecond)
	f.Commits.Add(time.Minute)
	return &Source{
		Figures: f, Version: "0.1", Commit: "abc",
		Counts:          func() Counts { return Counts{Clients: 1, Mailboxes: 4, Waiting: 2, Pairs: 3} },
		CertificateEnds: func() (time.Time, bool) { return time.Now().Add(24 * time.Hour), true },
		StoreResets:     func() int64 { return 0 },
	}
}

func get(t *testing.T, s *Source, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(s).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestPage(t *testing.T) {
	code, page := get(t, full(), "/metrics")
	if code != http.StatusOK {
		t.Fatalf("status %d: %s", code, page)
	}
	for _, want := range []string{
		`sesame_meetings_total{outcome="happy"} 1`, `sesame_refused_total{why="rush"} 1`, `sesame_refused_total{why="other"} 0`,
		`sesame_bytes_total 1.099511627776e+12`, `sesame_handshake_seconds_bucket{le="0.005"} 1`, `sesame_handshake_seconds_bucket{le="0.002"} 0`,
		`sesame_store_commit_seconds_bucket{le="+Inf"} 1`, `sesame_clients 1`, `sesame_pairs 3`, `sesame_build_info{commit="abc",version="0.1"} 1`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("nothing like %s", want)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
	promtool(t, strings.NewReader(page), "check", "metrics")
}

// promtool runs Prometheus's own tool, and fails the test where it finds fault.
func promtool(t *testing.T, in io.Reader, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool here")
	}
	cmd := exec.Command(tool, args...)
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

func TestReady(t *testing.T) {
	s := full()
	if code, _ := get(t, s, "/readyz"); code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	s.Ready = func() error { return errors.New("the store can't be written") }
	if code, text := get(t, s, "/readyz"); code != http.StatusServiceUnavailable || text != "the store can't be written\n" {
		t.Errorf("status %d, %q", code, text)
	}
	if code, _ := get(t, s, "/healthz"); code != http.StatusOK {
		t.Errorf("alive: status %d", code)
	}
	if code, _ := get(t, s, "/"); code != http.StatusNotFound {
		t.Errorf("another page: status %d", code)
	}
}

// Fails if a page for the operator is served without the bounds that others have.
func TestPagesAreBounded(t *testing.T) {
	s := full()
	hold, held := make(chan struct{}), make(chan struct{}, 100)
	s.Ready = func() error {
		held <- struct{}{}
		<-hold
		return nil
	}
	h := Handler(s)
	ask := func(method, path, body string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		if code := ask("POST", path, ""); code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, code)
		}
		if code := ask("GET", path, "body"); code != http.StatusRequestEntityTooLarge {
			t.Errorf("GET %s with a body: %d", path, code)
		}
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if code := ask("GET", "/readyz", ""); code != http.StatusOK {
				t.Errorf("one of 16: %d", code)
			}
		})
	}
	for range 16 {
		<-held
	}
	if code := ask("GET", "/readyz", ""); code != http.StatusServiceUnavailable {
		t.Errorf("the 17th: %d", code)
	}
	if code := ask("HEAD", "/healthz", ""); code != http.StatusOK {
		t.Errorf("another page meanwhile: %d", code)
	}
	close(hold)
	all.Wait()
}

func TestAlerts(t *testing.T) {
	promtool(t, nil, "check", "rules", filepath.Join(deploy, "prometheus/alerts.yml"))
	promtool(t, nil, "test", "rules", filepath.Join(deploy, "prometheus/alerts_test.yml"))
}

// expressions returns those of the dashboard.
func expressions(t *testing.T) (all []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(deploy, "grafana/sesame-relay.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(b, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

// What alerts and the dashboard ask for is shown, and is asked in a language that
// Prometheus speaks.
func TestNamesExist(t *testing.T) {
	asked := expressions(t)
	if len(asked) < 10 {
		t.Fatalf("the dashboard asks for %d things", len(asked))
	}
	var rules bytes.Buffer
	fmt.Fprintln(&rules, "groups:\n  - name: dashboard\n    rules:")
	for i, e := range asked {
		fmt.Fprintf(&rules, "      - record: expression:%d\n        expr: '%s'\n", i, e)
	}
	alerts, err := os.ReadFile(filepath.Join(deploy, "prometheus/alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, page := get(t, full(), "/metrics")
	name := regexp.MustCompile(`\b(sesame|process)_[a-z_]+`)
	found := map[string]bool{}
	for _, n := range name.FindAllString(rules.String()+string(alerts), -1) {
		found[n] = true
		if !strings.Contains(page, "\n"+n+" ") && !strings.Contains(page, "\n"+n+"{") {
			t.Errorf("%s isn't shown", n)
		}
	}
	if len(found) < 12 {
		t.Errorf("only %d names found", len(found))
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, rules.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "check", "rules", file)
}
