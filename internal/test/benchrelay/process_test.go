//go:build linux

package benchrelay

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// wide are settings by which a relay holds nothing against one address.
var wide = []string{"--listen", "127.0.0.1:0", "--no-stun", "--quiet",
	"--mailboxes-per-source", "100000", "--claims-per-source", "1000000", "--unknown-per-source", "1000000", "--ruined-per-source", "1000000",
	"--accepts", "100000", "--accepts-per-source", "100000", "--conns", "50000", "--conns-per-source", "50000", "--quarantined", "1000", "--classic-per-source", "1000000",
	"--waiting", "20000", "--waiting-per-source", "20000"}

// startRelay starts the built relay with further settings, and returns its address.
func startRelay(t *testing.T, args ...string) (p *lab.Process, addr string) {
	t.Helper()
	dir := t.TempDir()
	if err := lab.Build(dir, false, "sesame-relay"); err != nil {
		t.Fatal(err)
	}
	return startBuilt(t, exec.Command(filepath.Join(dir, "sesame-relay"), append(slices.Clone(wide), args...)...))
}

func startBuilt(t *testing.T, cmd *exec.Cmd) (p *lab.Process, addr string) {
	t.Helper()
	p, line := lab.FirstLine(t, "sesame-relay", cmd)
	m := regexp.MustCompile(`wss?://([^/\s]+)`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no address in %q", line)
	}
	return p, m[1]
}

// cpu returns what a process has used of the processors.
func cpu(t *testing.T, pid int) time.Duration {
	d, ok := processor(pid)
	if !ok {
		t.Fatalf("no process %d", pid)
	}
	return d
}

func processor(pid int) (time.Duration, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100, true
}

// family returns what a process and its children have used, of those that are there.
func family(pid int) (all time.Duration) {
	all, _ = processor(pid)
	for _, child := range children(pid) {
		d, _ := processor(child)
		all += d
	}
	return all
}

func children(pid int) (pids []int) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, f := range strings.Fields(string(b)) {
		child, _ := strconv.Atoi(f)
		pids = append(pids, child)
	}
	return pids
}

// written returns how many bytes a process has had the system write to disks.
func written(pid int) int { return reading(fmt.Sprintf("/proc/%d/io", pid), `write_bytes: (\d+)`) }

// resident returns how much memory a process has, in bytes.
func resident(t *testing.T, p *lab.Process) int {
	n, err := p.Memory()
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// queued returns how much memory the kernel has for what waits in TCP connections, of all processes,
// in bytes.
func queued() int { return reading("/proc/net/sockstat", `TCP: .* mem (\d+)`) * os.Getpagesize() }

// sockets returns how much memory the kernel has for its own tables, of which those of
// connections are the ones that grow here, in bytes.
func sockets() int { return reading("/proc/meminfo", `Slab:\s+(\d+)`) << 10 }

func reading(path, pattern string) int {
	b, _ := os.ReadFile(path)
	m := regexp.MustCompile(pattern).FindSubmatch(b)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// files lets this process have as many open files as it may.
func files(t *testing.T, wants uint64) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	if l.Max < wants {
		l.Max = wants
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Skipf("%d open files can't be had: %v", wants, err)
	}
}

// certificate writes one for 127.0.0.1 into dir, and returns the settings that use it.
func certificate(t *testing.T, dir string) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, keys := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, keys: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"--cert", cert, "--key", keys}
}

// row prints a row of the table, and fails if it isn't good.
func row(t *testing.T, what, figure, bound, beside, command string, good bool) {
	t.Helper()
	verdict := "ok"
	if !good {
		verdict = "**MISS**"
		t.Errorf("%s: %s, want %s", what, figure, bound)
	}
	fmt.Printf("| %s | %s | %s, %s | %s | `%s` |\n", what, figure, bound, verdict, beside, command)
}
