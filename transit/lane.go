package transit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sesame/internal/addr"
	"sesame/internal/segments"
	"sesame/transit/record"
	"sesame/transit/way"
)

const (
	// laneStall is how long a Lane waits for a byte to be taken: longer than a
	// slow line may need to begin again after it has lost some packets.
	laneStall = time.Minute
	// lastWords is how long Close waits until the final record is written.
	lastWords = time.Second
)

// recordReady is the type of the empty record that ends the handshake in each
// direction (doc/native.md §3.2).
const recordReady byte = 3

// recordAside is the type of the records in which ways speak with each other over a lane
// through a relay (doc/native.md §10.3). Who reads a lane doesn't see them.
const recordAside byte = 5

// A Lane is one connection with the peer that carries native records: whole,
// unchanged, in order, and sealed with keys that no other lane has. It comes
// from Lanes.Next.
//
// Several goroutines may write, and one more may read. All other methods may be
// called at any time. Errors are final: what had been written may or may not
// have arrived, and goes over another lane.
type Lane struct {
	s      *stream
	path   Path
	size   segments.Size // what was dialled when it came up had such segments
	took   time.Duration // from our hello to the record that answers it
	opener *record.Opener

	writing chan struct{} // full while a record is sealed and sent; for what follows
	sealer  *record.Sealer
	broken  error // why nothing can be written any more

	carried atomic.Bool  // see Carried
	acked   atomic.Int64 // see Acked
	gait    gait         // belongs to the hunt

	hear func(p []byte, at time.Time) // told of records of type recordAside; nil if nobody cares

	once   sync.Once
	ended  func(orderly bool) // told once, when the lane is of no use any more
	closed func()             // told when Close has been called
}

// startLane runs role's half of the handshake on conn, within handshakeTime. The
// caller closes conn after an error.
func startLane(conn net.Conn, path Path, role Role, keys *laneKeys, suite record.Suite) (*Lane, error) {
	late := time.AfterFunc(handshakeTime, func() { conn.Close() })
	l, err := greet(conn, path, role, keys, suite)
	if !late.Stop() {
		err = os.ErrDeadlineExceeded
	}
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	l.s.setIdle(0, laneStall)
	return l, nil
}

// greet is startLane without a time limit. Both sides say hello at once, and
// that they are ready in the lane's first record. Only a peer that holds the key
// now can make that; a hello alone could be an old one.
func greet(conn net.Conn, path Path, role Role, keys *laneKeys, suite record.Suite) (*Lane, error) {
	var binding []byte
	if bound, ok := conn.(way.Bound); ok {
		binding = bound.Binding()
	}
	hello := keys.newHello(role, binding)
	begun := time.Now()
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	var theirs [helloSize]byte
	if _, err := io.ReadFull(conn, theirs[:]); err != nil {
		return nil, err
	}
	if !keys.check(role.other(), theirs[:], binding) {
		return nil, errStranger
	}
	seal, open := keys.secrets(role, hello, theirs[:], binding)
	l := &Lane{s: newStream(conn), path: path, sealer: record.NewSealer(suite, seal), writing: make(chan struct{}, 1)}
	l.ended, l.closed = func(bool) {}, func() {}
	l.opener = record.NewOpener(l.s, suite, open)
	clear(seal)
	clear(open)
	if err := l.write(recordReady, make([]byte, record.Overhead), 0); err != nil {
		return nil, err
	}
	typ, p, err := l.opener.Next()
	if errors.Is(err, record.ErrDamaged) || err == nil && (typ != recordReady || len(p) > 0) {
		err = errStranger
	}
	l.took = time.Since(begun)
	return l, err
}

// Path returns how the peer was reached. Its RTT is known if the handshake told
// it.
func (l *Lane) Path() Path { return l.path }

// Idle returns how long nothing has arrived. It goes on while nobody reads.
func (l *Lane) Idle() time.Duration { return l.s.silent() }

// Write seals the n bytes of buf after the first record.HeaderSize as a record,
// in place, and sends it: buf needs a capacity of n+record.Overhead, n is at
// most record.MaxPayload, and buf's contents are lost. The type can be anything
// but record.Final, which is Close's, 3, which belongs to the handshake, and 5, in which
// ways speak with each other.
//
// It waits while the peer takes nothing, for a minute or a little more; then, and
// when Close was called (net.ErrClosed), or the connection is broken, it fails.
func (l *Lane) Write(typ byte, buf []byte, n int) error {
	if typ == record.Final || typ == recordReady || typ == recordAside {
		panic(fmt.Sprintf("transit: record type %d is not for Write", typ))
	}
	return l.put(typ, buf, n)
}

// put is Write for any type.
func (l *Lane) put(typ byte, buf []byte, n int) error {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	return l.write(typ, buf, n)
}

func (l *Lane) write(typ byte, buf []byte, n int) error {
	if l.broken != nil {
		return l.broken
	}
	if _, err := l.s.Write(l.sealer.Seal(buf, typ, n)); err != nil {
		l.broken = fmt.Errorf("lane: %w", err)
		l.end(false)
	}
	return l.broken
}

// Read returns the type and plaintext of the next record, which is valid until
// the next Read. It waits as long as it takes: see Idle. The peer's last record
// has the type record.Final; after it Read returns io.EOF. Other errors wrap
// record.ErrDamaged, record.ErrTruncated, net.ErrClosed (Close was called) or an
// error of the network.
func (l *Lane) Read() (typ byte, p []byte, err error) {
	typ, p, err = l.opener.Next()
	for err == nil && typ == recordAside {
		if l.hear != nil {
			l.hear(p, time.Now())
		}
		typ, p, err = l.opener.Next()
	}
	switch {
	case err == io.EOF:
	case err != nil:
		l.end(false)
		err = fmt.Errorf("lane: %w", err)
	case typ == record.Final:
		l.s.finished()
		l.end(true)
	}
	return typ, p, err
}

// Close ends the lane so that the peer can read everything up to a final
// record, within three seconds. Reads and writes that wait end.
func (l *Lane) Close() error {
	l.end(true)
	l.s.hurry(time.Now().Add(lastWords))
	l.writing <- struct{}{}
	if l.write(record.Final, make([]byte, record.Overhead), 0) == nil {
		l.broken = fmt.Errorf("lane: %w", net.ErrClosed)
	}
	<-l.writing
	l.s.close()
	l.closed()
	return nil
}

// Drop ends the lane at once, because it doesn't work any more: without a last
// word, for which Close would wait, and unlike after Close another one is looked
// for at once. It may be called instead of Close, or before.
func (l *Lane) Drop() {
	l.end(false)
	l.s.raw.Close() // also if the peer's last word came just now
	l.closed()
}

// end notes that l is of no use any more. A broken connection is dropped, which
// ends other calls too.
func (l *Lane) end(orderly bool) {
	l.once.Do(func() {
		l.ended(orderly)
		if !orderly {
			l.s.raw.Close()
		}
	})
}

// Carried notes that something of more than a few packets has arrived over l, in
// the direction in which data goes. If l breaks then, the size of its packets
// isn't why.
func (l *Lane) Carried() { l.carried.Store(true) }

// Acked notes how many bytes of records, of all that were written to l, the peer has
// acknowledged by now. What lanes carry decides how many there are.
func (l *Lane) Acked(total int64) { l.acked.Store(total) }

// moved returns how many bytes l has carried, in both directions.
func (l *Lane) moved() int64 { return l.s.received.Load() + l.acked.Load() }

// local returns the address of ours that l uses, or the zero value if it isn't known.
func (l *Lane) local() netip.Addr { return addr.Of(l.s.raw.LocalAddr()).Addr() }
