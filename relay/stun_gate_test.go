package relay

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// Fails when forged requests from random addresses, of both families, keep honest
// ones from being answered, or when one network gets more than its share.
func TestSTUNGateInAFlood(t *testing.T) {
	const forged, seconds = 10_000, 20
	g := newSTUNGate(Limits{}.WithDefaults())
	random := rand.New(rand.NewPCG(1, 2))
	address := func(i int) netip.Addr {
		if i%2 == 0 {
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, random.Uint32())))
		}
		return netip.AddrFrom16([16]byte(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, random.Uint64()), random.Uint64())))
	}
	var honest []netip.Addr
	for i := range 200 {
		honest = append(honest, address(i))
	}
	asked, answered, greedy := 0, 0, 0
	for i := range forged * seconds {
		now := time.Duration(i) * time.Second / forged
		g.allowAt(address(i), now)
		if i%25 == 0 { // each honest client asks twice a second
			asked++
			if g.allowAt(honest[asked%len(honest)], now) {
				answered++
			}
		}
		if i%10 == 0 && g.allowAt(netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), now) {
			greedy++
		}
	}
	t.Logf("%d of %d honest requests are answered", answered, asked)
	if answered*100 < asked*99 {
		t.Errorf("%d of %d honest requests are answered", answered, asked)
	}
	if most := 80 + 20*seconds; greedy > most || greedy < most/2 {
		t.Errorf("one network got %d answers, want about %d", greedy, most)
	}
}

// Fails when telling whether a request is answered takes long, or memory.
func BenchmarkSTUNGate(b *testing.B) {
	g := newSTUNGate(Limits{}.WithDefaults())
	b.ReportAllocs()
	var n uint32
	for b.Loop() {
		n += 0x01010101
		g.allow(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n))))
	}
}
