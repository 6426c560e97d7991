package addr

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// told returns what sockets tell (netdevice(7)): interfaces with IPv4 addresses, those
// that /proc lists with IPv6 addresses if that may be read, and the addresses from
// which packets leave.
func told() []Link {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return routed(nil)
	}
	defer unix.Close(fd)
	c := collection{fd: fd}
	for _, name := range labels(fd) {
		if p, ok := address4(fd, name); ok {
			base, _, _ := strings.Cut(name, ":") // eth0:1 is one more address of eth0
			c.add(base, p)
		}
	}
	text, _ := os.ReadFile("/proc/net/if_inet6")
	parse6(text, c.add)
	return routed(c.up)
}

// maxNamed is how many addresses are asked for.
const maxNamed = 512

// labels returns the names under which the kernel keeps IPv4 addresses.
func labels(fd int) (all []string) {
	const size = int(unsafe.Sizeof(unix.Ifreq{}))
	buf := make([]byte, maxNamed*size)
	list := struct {
		length int32
		buf    unsafe.Pointer
	}{int32(len(buf)), unsafe.Pointer(&buf[0])}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCGIFCONF, uintptr(unsafe.Pointer(&list)))
	runtime.KeepAlive(buf)
	if errno != 0 || list.length < 0 {
		return nil
	}
	for b := buf[:min(int(list.length), len(buf))]; len(b) >= size; b = b[size:] {
		name, _, _ := bytes.Cut(b[:unix.IFNAMSIZ], []byte{0})
		all = append(all, string(name))
	}
	return all
}

// address4 returns the IPv4 address under a name.
func address4(fd int, name string) (netip.Prefix, bool) {
	ip, ok := ask4(fd, name, unix.SIOCGIFADDR)
	if !ok {
		return netip.Prefix{}, false
	}
	length := 32
	if mask, ok := ask4(fd, name, unix.SIOCGIFNETMASK); ok {
		b := mask.As4()
		length = bits.LeadingZeros32(^binary.BigEndian.Uint32(b[:]))
	}
	return netip.PrefixFrom(ip, length), true
}

func ask4(fd int, name string, what uint) (netip.Addr, bool) {
	r, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(fd, what, r) != nil {
		return netip.Addr{}, false
	}
	b, err := r.Inet4Addr()
	if err != nil {
		return netip.Addr{}, false
	}
	return netip.AddrFromSlice(b)
}

// A collection puts links together, an address at a time.
type collection struct {
	fd int
	up []Link
}

// add notes an address of an interface, unless that is down.
func (c *collection) add(name string, p netip.Prefix) {
	for i := range c.up {
		if l := &c.up[i]; l.Name == name {
			if !l.has(p.Addr()) {
				l.Own = append(l.Own, p)
			}
			return
		}
	}
	l := Link{Interface: net.Interface{Name: name}, Own: []netip.Prefix{p}}
	r, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(c.fd, unix.SIOCGIFFLAGS, r) != nil {
		return
	}
	l.Flags = flagsOf(r.Uint16())
	if r, err := unix.NewIfreq(name); err == nil && unix.IoctlIfreq(c.fd, unix.SIOCGIFINDEX, r) == nil {
		l.Index = int(r.Uint32())
	}
	if r, err := unix.NewIfreq(name); err == nil && unix.IoctlIfreq(c.fd, unix.SIOCGIFMTU, r) == nil {
		l.MTU = int(r.Uint32())
	}
	if l.Flags&net.FlagUp != 0 {
		c.up = append(c.up, l)
	}
}

func flagsOf(raw uint16) (f net.Flags) {
	for bit, flag := range map[uint16]net.Flags{
		unix.IFF_UP: net.FlagUp, unix.IFF_RUNNING: net.FlagRunning, unix.IFF_BROADCAST: net.FlagBroadcast,
		unix.IFF_LOOPBACK: net.FlagLoopback, unix.IFF_POINTOPOINT: net.FlagPointToPoint, unix.IFF_MULTICAST: net.FlagMulticast,
	} {
		if raw&bit != 0 {
			f |= flag
		}
	}
	return f
}

// parse6 reads the text of /proc/net/if_inet6: address, index, length of the prefix,
// scope and flags in hexadecimal, and the interface's name.
func parse6(text []byte, add func(name string, p netip.Prefix)) {
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) != 6 || len(f[0]) != 32 {
			continue
		}
		var ip [16]byte
		high, err1 := strconv.ParseUint(f[0][:16], 16, 64)
		low, err2 := strconv.ParseUint(f[0][16:], 16, 64)
		length, err3 := strconv.ParseUint(f[2], 16, 8)
		if err1 != nil || err2 != nil || err3 != nil || length > 128 {
			continue
		}
		binary.BigEndian.PutUint64(ip[:], high)
		binary.BigEndian.PutUint64(ip[8:], low)
		add(f[5], netip.PrefixFrom(netip.AddrFrom16(ip), int(length)))
	}
}
