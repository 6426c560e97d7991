package pipe

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"sesame/relay/figures"
	"sesame/relay/source"
)

// A flow is one direction of a pair: what one client sends to the other.
type flow struct {
	dst, src Transport
	to       source.Source // of who receives it
	space    *space
	costs    *account
	cut      <-chan struct{} // closed when the pair is cut
	born     time.Time
	moved    atomic.Int64 // when bytes last moved, in nanoseconds since born
	blocked  atomic.Bool  // there are bytes that dst doesn't take
	held     atomic.Bool  // it waits because more would be too much
	ended    atomic.Bool
	carried  int // bytes, up to proof
}

// A space is what all flows of a server share to carry bytes in.
type space struct {
	buffers buffers
	ducts   ducts
	carried *figures.Count // bytes
	meter   *meter
}

// carry copies from src to dst until src ends, beginning with first, which has
// been read already. A flow that has nothing to carry holds no memory but its
// goroutine's.
func (f *flow) carry(first []byte) error {
	if err := f.write(first); err != nil {
		return err
	}
	if err := f.hold(f.taken(len(first))); err != nil {
		return err
	}
	if d, s := f.dst.tcp(), f.src.tcp(); d != nil && s != nil && canSplice {
		return f.splice(d, s)
	}
	for {
		b, err := f.src.next(&f.space.buffers)
		n := len(b)
		if err == nil {
			err = f.write(b)
		}
		f.space.buffers.put(b)
		if err == nil {
			err = f.hold(f.taken(n))
		}
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// proof is how many bytes a client has to take before it is believed to read.
// Until then the kernel keeps little for it, so that those who never read
// don't fill its memory.
const proof = 1 << 20

// taken counts bytes that dst has taken, and returns how long to wait before more are
// carried.
func (f *flow) taken(n int) (wait time.Duration) {
	if n == 0 {
		return 0
	}
	f.space.carried.Add(int64(n))
	if f.carried < proof {
		if f.carried += n; f.carried >= proof {
			widen(f.dst.socket())
		}
	}
	return f.space.meter.carried(f.costs, n, time.Now())
}

// hold waits until more may be carried, and returns an error if the pair is cut before. It
// isn't idle meanwhile.
func (f *flow) hold(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	f.held.Store(true)
	defer f.held.Store(false)
	until := time.NewTimer(wait)
	defer until.Stop()
	tick := time.NewTicker(holding)
	defer tick.Stop()
	for {
		select {
		case <-until.C:
			f.touch()
			return nil
		case <-tick.C:
			f.touch()
		case <-f.cut:
			return net.ErrClosed
		}
	}
}

// holds returns how many bytes of memory are full of what dst doesn't take, or may not have
// yet.
func (f *flow) holds() int {
	if f.held.Load() || f.blocked.Load() && f.quiet() >= holding {
		return bufferSize + kernelMemory(f.dst.socket()) + kernelMemory(f.src.socket())
	}
	return 0
}

// write gives b to dst.
func (f *flow) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	f.touch()
	f.blocked.Store(true)
	defer f.blocked.Store(false)
	if d := f.dst.tcp(); d != nil {
		return writeInParts(d, b, f.touch)
	}
	_, err := f.dst.Write(b)
	f.touch()
	return err
}

// touch notes that bytes have moved.
func (f *flow) touch() { f.moved.Store(int64(time.Since(f.born))) }

// quiet returns how long nothing has moved.
func (f *flow) quiet() time.Duration { return time.Since(f.born) - time.Duration(f.moved.Load()) }

// bufferSize is how many bytes are read at once where they pass through this
// process. More doesn't make it faster.
const bufferSize = 64 << 10

// buffers hands out memory to those who have bytes to put in.
type buffers struct{ pool sync.Pool }

func (p *buffers) get() []byte {
	if b, ok := p.pool.Get().(*[bufferSize]byte); ok {
		return b[:]
	}
	return make([]byte, bufferSize)
}

// put takes b back, or a part of it from its beginning.
func (p *buffers) put(b []byte) {
	if cap(b) >= bufferSize {
		p.pool.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}
