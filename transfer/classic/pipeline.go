package classic

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// recordSize is how many bytes of a file go into one record; doc/transfer.md
// §1.4. Every client takes records of this size.
const recordSize = 16 << 10

// The bytes pass between the goroutine that seals or opens records and the one
// that hashes and reads or writes the disk in blocks of this size; each costs a
// core about as much as the other.
const (
	blockSize  = 16 * recordSize
	blockCount = 4
)

var (
	// errTooMuch means that more bytes came than were offered.
	errTooMuch = nonsense("more bytes than were offered")
	// errStopped tells a producer that nobody takes its bytes any more.
	errStopped = errors.New("stopped")
)

// A pipe hands blocks from one goroutine to another.
type pipe struct {
	full chan []byte   // filled blocks; closed by the filling side
	free chan []byte   // empty blocks
	gone chan struct{} // closed when the emptying side takes no more
}

func newPipe() *pipe {
	p := &pipe{full: make(chan []byte, blockCount), free: make(chan []byte, blockCount), gone: make(chan struct{})}
	for range blockCount {
		p.free <- nil // allocated when first used
	}
	return p
}

// A blockWriter cuts what is written to it into blocks for a pipe and hashes
// it. It keeps the last block back until finish, so that the receiver can't
// have everything before the producer is content.
type blockWriter struct {
	pipe *pipe
	sum  hash.Hash
	buf  []byte
	left int64 // bytes that may still be written
}

func (w *blockWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > w.left {
		return 0, errTooMuch
	}
	n := len(p)
	for len(p) > 0 {
		if len(w.buf) == blockSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
		if w.buf == nil {
			select {
			case b := <-w.pipe.free:
				if b == nil {
					b = make([]byte, 0, blockSize)
				}
				w.buf = b[:0]
			case <-w.pipe.gone:
				return 0, errStopped
			}
		}
		k := copy(w.buf[len(w.buf):blockSize], p)
		w.buf = w.buf[:len(w.buf)+k]
		p = p[k:]
	}
	w.left -= int64(n)
	return n, nil
}

func (w *blockWriter) flush() error {
	w.sum.Write(w.buf)
	select {
	case w.pipe.full <- w.buf:
		w.buf = nil
		return nil
	case <-w.pipe.gone:
		return errStopped
	}
}

func (w *blockWriter) finish() error {
	if w.left > 0 {
		return fmt.Errorf("classic: %d bytes fewer than announced", w.left)
	}
	if len(w.buf) == 0 {
		return nil
	}
	return w.flush()
}

// send writes exactly size bytes, as produce gives them, to c in records of at
// most chunk bytes, and returns their SHA-256. What produce says went wrong comes before what the
// connection says. It calls moved with the number of bytes sent so far.
func send(c conn, size int64, chunk int, produce func(io.Writer) error, moved func(int64)) ([]byte, error) {
	p := newPipe()
	w := &blockWriter{pipe: p, sum: sha256.New(), left: size}
	var produced error // read after p.full is closed
	go func() {
		defer close(p.full)
		if produced = produce(w); produced == nil {
			produced = w.finish()
		}
	}()

	var sent int64
	var failed error
	for block := range p.full {
		for b := block; len(b) > 0 && failed == nil; {
			k := min(len(b), chunk)
			if failed = c.WriteRecord(b[:k]); failed != nil {
				close(p.gone)
				break
			}
			sent += int64(k)
			moved(sent)
			b = b[k:]
		}
		p.free <- block
	}
	if produced != nil && !errors.Is(produced, errStopped) {
		return nil, produced
	}
	if failed != nil {
		return nil, failed
	}
	return w.sum.Sum(nil), nil
}

// receive reads records from c until size bytes have come, writes them to w and
// returns their SHA-256. A byte more than size is an error at once. It calls
// moved with the number of bytes received so far. If w fails it closes c, which
// may go on for a moment; c.Close waits for it.
func receive(c conn, size int64, w io.Writer, moved func(int64)) ([]byte, error) {
	p := newPipe()
	sum := sha256.New()
	var failed error // read after done is closed
	done := make(chan struct{})
	go func() {
		for b := range p.full {
			sum.Write(b)
			if _, failed = w.Write(b); failed != nil {
				break
			}
			p.free <- b
		}
		close(done)
		if failed != nil {
			c.Close() // fill may be waiting for the peer
		}
	}()

	err := fill(c, size, p, done, moved)
	close(p.full)
	<-done
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

// fill moves the bytes of records into blocks, until gone is closed.
func fill(c conn, size int64, p *pipe, gone chan struct{}, moved func(int64)) error {
	var got int64
	for got < size {
		var block []byte
		select {
		case block = <-p.free:
		case <-gone:
			return errStopped
		}
		if block == nil {
			block = make([]byte, 0, blockSize)
		}
		block = block[:0]
		for got < size && len(block) < blockSize {
			b, err := c.ReadRecord()
			if err != nil {
				return err
			}
			if int64(len(b)) > size-got {
				return errTooMuch
			}
			block = append(block, b...) // a large record makes a larger block, once
			got += int64(len(b))
			moved(got)
		}
		select {
		case p.full <- block:
		case <-gone:
			return errStopped
		}
	}
	return nil
}
