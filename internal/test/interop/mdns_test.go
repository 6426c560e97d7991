//go:build linux

package interop

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"sesame/internal/test/lab"
)

// browser lists, as any program for DNS-SD does, what comes and goes on the network
// of an address.
const browser = `
import socket, sys, threading, time
from zeroconf import Zeroconf, ServiceBrowser
zc = Zeroconf(interfaces=[sys.argv[1]])
lock = threading.Lock() # each browser has a thread of its own
def say(*words):
    with lock:
        print(*words, flush=True)
class Listener:
    def add_service(self, z, t, n):
        i = z.get_service_info(t, n)
        say("found", t, n, i.port, *[socket.inet_ntoa(a) for a in i.addresses])
    def remove_service(self, z, t, n):
        say("gone", t, n)
    def update_service(self, z, t, n):
        pass
ServiceBrowser(zc, "_sesame._tcp.local.", Listener())
ServiceBrowser(zc, "_55._sub._sesame._tcp.local.", Listener())
print("ready", flush=True)
time.sleep(120)
`

func browse(t *testing.T) *lab.Process {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's, which has its packages
	if exec.Command(python, "-c", "import zeroconf").Run() != nil {
		t.Skip("python3-zeroconf isn't installed")
	}
	p := lab.Start(t, "zeroconf", exec.Command(python, "-c", browser, ourAddress))
	p.Await(t, 20*time.Second, `ready`)
	return p
}

// Fails if another implementation of multicast DNS and DNS-SD, on the same
// computer and so at the same port, doesn't see a sender come and go, by the
// service and by the nameplate.
func TestOthersSeeLocalSender(t *testing.T) {
	others := browse(t)
	sender := lab.Start(t, "sesame", exec.Command(programs.sesame, "send", "--text", "x", "--code", "local-55-galveston-goldfish"))
	for _, service := range []string{`_sesame`, `_55\._sub\._sesame`} {
		others.Await(t, 20*time.Second, `found `+service+`\._tcp\.local\. 55-[0-9a-f]{10}\._sesame\._tcp\.local\. [0-9]+ .*10\.99\.0\.`)
	}
	sender.Signal(os.Interrupt)
	if got := sender.Exit(t, 20*time.Second); got != 130 {
		t.Errorf("exit code %d", got)
	}
	for _, service := range []string{`_sesame`, `_55\._sub\._sesame`} {
		others.Await(t, 20*time.Second, `gone `+service+`\._tcp\.local\. 55-`)
	}
}
