package main

import (
	"context"
	"os"
)

// An intake reads a file that somebody may be typing into. A read that waits can't be
// interrupted, so what gives up waiting leaves it under way, and the next to wait takes
// it over. Its methods are called one at a time.
type intake struct {
	file    *os.File
	arrival chan arrival // of the read that is under way; nil if none is
	rest    []byte       // has come, and nobody took it yet
}

// An arrival is what one read brought.
type arrival struct {
	bytes []byte
	err   error
}

// more waits until there is something in rest.
func (i *intake) more(ctx context.Context) error {
	if len(i.rest) > 0 {
		return nil
	}
	if i.arrival == nil {
		to := make(chan arrival, 1)
		i.arrival = to
		go func() {
			buf := make([]byte, 4096)
			n, err := i.file.Read(buf)
			to <- arrival{buf[:n], err}
		}()
	}
	select {
	case a := <-i.arrival:
		i.arrival, i.rest = nil, a.bytes
		if len(a.bytes) > 0 {
			return nil // an error comes again
		}
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byte returns the next byte.
func (i *intake) byte(ctx context.Context) (byte, error) {
	for {
		if len(i.rest) > 0 {
			b := i.rest[0]
			i.rest = i.rest[1:]
			return b, nil
		}
		if err := i.more(ctx); err != nil {
			return 0, err
		}
	}
}

// forget throws away what was typed until now, here and in the terminal.
func (i *intake) forget() {
	i.rest = nil
	select {
	case <-i.arrival:
		i.arrival = nil
	default:
	}
	flushTyped(i.file)
}

// reader reads from it until ctx ends.
func (i *intake) reader(ctx context.Context) intakeReader { return intakeReader{i, ctx} }

type intakeReader struct {
	*intake
	ctx context.Context
}

func (r intakeReader) Read(p []byte) (int, error) {
	if err := r.more(r.ctx); err != nil {
		return 0, err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
