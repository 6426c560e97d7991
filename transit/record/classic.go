package record

import (
	"bufio"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"golang.org/x/crypto/nacl/secretbox"
)

// Layout of a classic record (doc/transit.md §6.1):
//
//	length  4  big-endian, counts what follows: nonce and box
//	nonce  24  number of the record in its direction, from 0, big-endian
//	box     n  NaCl secretbox: tag of 16 bytes, then the ciphertext
const (
	lengthSize = 4
	nonceSize  = 24
	overhead   = nonceSize + secretbox.Overhead // what length counts beside the plaintext

	// aheadSize is how many bytes may be allocated for a record beyond those
	// that have arrived.
	aheadSize = 64 << 10
)

// MaxSize is the largest plaintext of a record in bytes, and a Reader's
// default limit.
const MaxSize = 64<<20 - overhead

// A Writer seals records and writes them to a stream. It is for one goroutine
// at a time.
type Writer struct {
	w     io.Writer
	key   [KeySize]byte
	count counter
	buf   []byte
	err   error
}

// NewWriter returns a Writer to w. The key has KeySize bytes, anything else
// panics. A key must serve one Writer only, ever: a second one would use the
// same nonces again.
func NewWriter(w io.Writer, key []byte) *Writer {
	return &Writer{w: w, key: keyArray(key)}
}

// WriteRecord seals p as one record and writes it with one call of the
// stream's Write. It keeps no reference to p. A p of more than MaxSize bytes is
// an error that leaves the Writer as it was; after an error of the stream every
// call returns that error.
func (w *Writer) WriteRecord(p []byte) error {
	if w.err != nil {
		return w.err
	}
	if len(p) > MaxSize {
		return fmt.Errorf("record of %d bytes is larger than %d", len(p), MaxSize)
	}
	nonce := w.count.next()
	w.buf = slices.Grow(w.buf[:0], lengthSize+overhead+len(p))
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(overhead+len(p)))
	w.buf = append(w.buf, nonce[:]...)
	w.buf = secretbox.Seal(w.buf, p, nonce, &w.key)
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("write record: %w", err)
	}
	return w.err
}

// A Reader reads records from a stream and opens them. It is for one goroutine
// at a time.
type Reader struct {
	r     *bufio.Reader
	key   [KeySize]byte
	max   int
	count counter
	head  [lengthSize]byte
	box   []byte // nonce and box of the current record
	plain []byte
	err   error
}

// NewReader returns a Reader from r, which it reads ahead of what it delivers.
// The key has KeySize bytes, anything else panics. max is the largest plaintext
// in bytes that a record may hold; 0 stands for MaxSize. A length beyond it is
// refused before anything is allocated, and below it memory grows with the
// bytes that arrive, not with what the length promises.
func NewReader(r io.Reader, key []byte, max int) *Reader {
	if max <= 0 || max > MaxSize {
		max = MaxSize
	}
	return &Reader{r: bufio.NewReaderSize(r, aheadSize), key: keyArray(key), max: max}
}

// ReadRecord returns the plaintext of the next record, valid until the next
// call. It returns io.EOF if the stream ended before a record began, else an
// error that wraps ErrDamaged, ErrTruncated, or what the stream's Read
// returned. After an error every call returns the same error.
func (r *Reader) ReadRecord() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	p, err := r.next()
	if err != nil {
		r.err = err
		r.box, r.plain = nil, nil
	}
	return p, err
}

func (r *Reader) next() ([]byte, error) {
	// Not readFull: only here may the stream end.
	switch _, err := io.ReadFull(r.r, r.head[:]); {
	case err == io.EOF:
		return nil, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrTruncated
	case err != nil:
		return nil, fmt.Errorf("read record: %w", err)
	}
	size := binary.BigEndian.Uint32(r.head[:])
	if size < overhead || uint64(size) > uint64(r.max)+overhead {
		return nil, fmt.Errorf("%w: length %d", ErrDamaged, size)
	}
	if err := r.fill(int(size)); err != nil {
		return nil, err
	}
	nonce := r.count.next()
	if subtle.ConstantTimeCompare(r.box[:nonceSize], nonce[:]) == 0 {
		return nil, fmt.Errorf("%w: out of order", ErrDamaged)
	}
	plain, ok := secretbox.Open(r.plain[:0], r.box[nonceSize:], nonce, &r.key)
	if !ok {
		return nil, ErrDamaged
	}
	r.plain = plain
	return plain, nil
}

// fill reads n bytes into r.box. What doesn't fit the buffer of earlier records
// is collected in pieces, so that a length alone reserves one piece at most.
func (r *Reader) fill(n int) error {
	if cap(r.box) == 0 {
		r.box = make([]byte, min(aheadSize, r.max+overhead))
	}
	if n <= cap(r.box) {
		r.box = r.box[:n]
		return r.readFull(r.box)
	}
	var pieces [][]byte
	for left := n; left > 0; {
		piece := make([]byte, min(left, aheadSize))
		if err := r.readFull(piece); err != nil {
			return err
		}
		pieces = append(pieces, piece)
		left -= len(piece)
	}
	r.box = slices.Concat(pieces...)
	return nil
}

func (r *Reader) readFull(p []byte) error {
	_, err := io.ReadFull(r.r, p)
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	case err != nil:
		return fmt.Errorf("read record: %w", err)
	}
	return nil
}

// A counter numbers the records of one direction.
type counter struct {
	n     uint64
	nonce [nonceSize]byte
}

// next returns the nonce of the next record, valid until the next call.
func (c *counter) next() *[nonceSize]byte {
	if c.n == math.MaxUint64 {
		panic("record: no nonces left")
	}
	binary.BigEndian.PutUint64(c.nonce[nonceSize-8:], c.n)
	c.n++
	return &c.nonce
}

func keyArray(key []byte) [KeySize]byte {
	if len(key) != KeySize {
		panic(fmt.Sprintf("record: key of %d bytes, want %d", len(key), KeySize))
	}
	return [KeySize]byte(key)
}
