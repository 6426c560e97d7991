package pipe

import (
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// canSplice says that bytes between two TCP clients needn't enter the process.
const canSplice = true

// splice is carry for TCP. Bytes go from socket to socket through a pipe in the
// kernel, or, when all pipes are taken, through a buffer.
func (f *flow) splice(dst, src *net.TCPConn) error {
	in, err := src.SyscallConn()
	if err != nil {
		return err
	}
	var d *duct
	defer func() { f.space.ducts.put(d) }()
	for {
		var n int
		var failed error
		var buf []byte
		err := in.Read(func(fd uintptr) bool {
			if d == nil {
				d = f.space.ducts.get()
			}
			if d == nil {
				buf = f.space.buffers.get()
				n, failed = again(func() (int, error) { return unix.Read(int(fd), buf) })
			} else {
				n, failed = d.fill(int(fd), f.most())
			}
			if failed == unix.EAGAIN { // nobody holds anything while there is nothing to carry
				f.space.ducts.put(d)
				f.space.buffers.put(buf)
				d, buf = nil, nil
				return false
			}
			return true
		})
		if err == nil {
			err = failed
		}
		if err == nil && n > 0 {
			if d != nil {
				f.touch()
				err = f.drain(d, dst)
			} else {
				err = f.write(buf[:n])
			}
		}
		f.space.buffers.put(buf)
		if err != nil || n == 0 {
			return err
		}
		if wait := f.taken(n); wait > 0 {
			f.space.ducts.put(d) // others may carry meanwhile
			d = nil
			if err := f.hold(wait); err != nil {
				return err
			}
		}
	}
}

// most returns how many bytes are taken at once: few while dst may be one that
// doesn't read, because the kernel gives a sender room by what is taken from it.
func (f *flow) most() int {
	if f.carried < proof {
		return f.space.meter.portion(bufferSize)
	}
	return f.space.meter.portion(ductSize)
}

// drain moves what is in d on to dst.
func (f *flow) drain(d *duct, dst *net.TCPConn) error {
	out, err := dst.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = out.Write(func(fd uintptr) bool {
		for d.holds > 0 {
			failed = d.empty(int(fd))
			if failed == unix.EAGAIN {
				f.blocked.Store(true)
				return false
			}
			if failed != nil {
				return true
			}
			f.touch()
		}
		return true
	})
	f.blocked.Store(false)
	if err == nil {
		err = failed
	}
	return err
}

// A duct is a pipe in the kernel, and how many bytes are in it.
type duct struct {
	r, w  int
	holds int
}

// ductSize is how many bytes a duct takes at once.
const ductSize = 1024 << 10

const spliceFlags = unix.SPLICE_F_MOVE | unix.SPLICE_F_NONBLOCK

// fill moves bytes from a socket into d, which is empty.
func (d *duct) fill(from, most int) (int, error) {
	n, err := again(func() (int, error) {
		n, err := unix.Splice(from, nil, d.w, nil, most, spliceFlags)
		return int(n), err
	})
	if err != nil {
		return 0, err
	}
	d.holds = n
	return n, nil
}

// empty moves bytes from d to a socket, as many as it takes.
func (d *duct) empty(to int) error {
	n, err := again(func() (int, error) {
		n, err := unix.Splice(d.r, nil, to, nil, d.holds, spliceFlags)
		return int(n), err
	})
	if err == nil {
		d.holds -= n
	}
	return err
}

// ducts is a bounded pool of them.
type ducts struct {
	mu   sync.Mutex
	most int
	made int
	free []*duct
}

// get returns an empty duct, or nil if all are taken.
func (p *ducts) get() *duct {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		d := p.free[n-1]
		p.free = p.free[:n-1]
		return d
	}
	if p.made >= p.most {
		return nil
	}
	var ends [2]int
	if unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		return nil
	}
	unix.FcntlInt(uintptr(ends[0]), unix.F_SETPIPE_SZ, ductSize)
	p.made++
	return &duct{r: ends[0], w: ends[1]}
}

// put takes d back, which may be nil. One with bytes in it is of no use to
// anybody else.
func (p *ducts) put(d *duct) {
	if d == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.holds == 0 && p.made <= p.most {
		p.free = append(p.free, d)
		return
	}
	p.made--
	d.close()
}

func (d *duct) close() {
	unix.Close(d.r)
	unix.Close(d.w)
}

// close closes those that are free, now and later.
func (p *ducts) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = -1
	for _, d := range p.free {
		d.close()
	}
	p.made -= len(p.free)
	p.free = nil
}
