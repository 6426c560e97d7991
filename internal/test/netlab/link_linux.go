package netlab

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sesame/internal/test/lab"
)

// A Link is a wire with limits, the same in both directions. With a Rate alone it
// is the kernel's doing: Ethernet, and a token bucket. Otherwise it is two TUN
// devices and two goroutines of the test process for each direction, which do
// what "tc netem" would, where the kernel has that; it carries IP and nothing
// below then.
type Link struct {
	Rate  int           // in bits a second; 0 is no limit
	Delay time.Duration // one way, beside the time that Rate takes
	Loss  float64       // part of the packets that vanish
	// Jitter is by how much single packets come sooner or later than Delay says, at
	// most; they overtake each other. It is less than Delay.
	Jitter time.Duration
	Double float64 // part of the packets that arrive twice
	Queue  int     // bytes that wait for their turn, what is more is dropped; 0 is 1 MiB
	MTU    int     // 0 is 1500
	// Large lets packets cross before they are cut to the MTU, as network cards
	// let the kernel do (TSO): up to 64 KiB at once. It is for links too fast for
	// single packets; loss would take too much at once.
	Large bool
}

const vnetHeader = 10 // of virtio, what is in front of a packet: how to cut it

// lay connects the stacks a and b by devices with those names.
func (l Link) lay(t testing.TB, a *lab.Stack, nameA string, b *lab.Stack, nameB string) {
	t.Helper()
	if l.Delay == 0 && l.Loss == 0 && l.Double == 0 {
		l.shape(t, a, nameA, b, nameB)
		return
	}
	endA, err := l.device(a, nameA)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endA.Close() })
	endB, err := l.device(b, nameB)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { l.carry(endA, endB) })
	running.Go(func() { l.carry(endB, endA) })
	t.Cleanup(func() {
		endA.Close()
		endB.Close()
		running.Wait()
	})
}

// shape is lay for a link with a rate alone.
func (l Link) shape(t testing.TB, a *lab.Stack, nameA string, b *lab.Stack, nameB string) {
	t.Helper()
	if err := a.IP(fmt.Sprintf("link add %s type veth peer name %s netns %s", nameA, nameB, b.Name())); err != nil {
		t.Fatal(err)
	}
	for _, end := range []struct {
		stack *lab.Stack
		name  string
	}{{a, nameA}, {b, nameB}} {
		if err := end.stack.IP(fmt.Sprintf("link set %s mtu %d", end.name, l.mtu())); err != nil {
			t.Fatal(err)
		}
		if l.Rate == 0 {
			continue
		}
		out, err := end.stack.Command("tc", "qdisc", "add", "dev", end.name, "root", "tbf",
			"rate", fmt.Sprint(l.Rate), "burst", "256kb", "limit", fmt.Sprint(l.queue())).CombinedOutput()
		if err != nil {
			t.Fatalf("tc: %v: %s", err, out)
		}
	}
}

func (l Link) mtu() int   { return cmp.Or(l.MTU, 1500) }
func (l Link) queue() int { return cmp.Or(l.Queue, 1<<20) }

// device makes a TUN device in s.
func (l Link) device(s *lab.Stack, name string) (f *os.File, err error) {
	err = s.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return fmt.Errorf("TUN device: %w", err)
		}
		offload := 0
		if l.Large {
			offload = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_USO4 | unix.TUN_F_USO6
		}
		if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, offload); err != nil {
			return fmt.Errorf("TUN device: %w", err)
		}
		f = os.NewFile(uintptr(fd), name)
		return nil
	})
	if err == nil {
		err = s.IP(fmt.Sprintf("link set %s mtu %d txqueuelen 1000", name, l.mtu()))
	}
	return f, err
}

// A delayed is a packet on its way.
type delayed struct {
	at time.Time // when it arrives
	b  []byte
}

// carry takes packets from one end to the other until one of them is closed.
func (l Link) carry(from, to *os.File) {
	way := make(chan delayed, 1<<16)
	defer close(way)
	if l.Jitter > 0 {
		go deliverDisordered(to, way)
	} else {
		go deliver(to, way)
	}
	buffer := make([]byte, vnetHeader+1<<16)
	var free time.Time // when the line is
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		now := time.Now()
		if l.Loss > 0 && rand.Float64() < l.Loss {
			continue
		}
		if free.Before(now) {
			free = now
		}
		if l.Rate > 0 {
			waiting := free.Sub(now).Seconds() * float64(l.Rate) / 8
			if int(waiting)+n-vnetHeader > l.queue() {
				continue
			}
			free = free.Add(time.Duration(float64(n-vnetHeader) * 8 / float64(l.Rate) * float64(time.Second)))
		}
		p := delayed{free.Add(l.Delay + l.stray()), append([]byte(nil), buffer[:n]...)}
		for range l.copies() {
			select {
			case way <- p:
			default: // more than any queue should hold
			}
		}
	}
}

// stray draws how much later than the others a packet comes; less than zero is sooner.
func (l Link) stray() time.Duration {
	if l.Jitter == 0 {
		return 0
	}
	return rand.N(2*l.Jitter) - l.Jitter
}

// copies draws how often a packet comes.
func (l Link) copies() int {
	if l.Double > 0 && rand.Float64() < l.Double {
		return 2
	}
	return 1
}

// deliver writes packets when their time has come. It is the order in which they
// left.
func deliver(to io.Writer, way <-chan delayed) {
	for p := range way {
		if wait := time.Until(p.at); wait > 0 {
			time.Sleep(wait)
		}
		to.Write(p.b) // what isn't taken is lost, as on any line
	}
}
