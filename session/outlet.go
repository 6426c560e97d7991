package session

import (
	"time"

	"sesame/transit/record"
)

// An outlet is the goroutine that writes to a lane.
type outlet struct {
	to     sink
	desk   *desk
	t      *traffic
	chosen []Piece
	record Filling
	spare  []byte
}

// run sends what there is to send until the lane ends.
func (o *outlet) run() error {
	buf := make([]byte, record.MaxPayload+record.Overhead)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var p plan
		o.desk.with(func(st *state) { p = st.next(o.t, buf[record.HeaderSize:record.HeaderSize], &o.chosen, time.Now()) })
		switch {
		case p.end:
			return nil
		case !p.send:
			if p.wait <= 0 {
				p.wait = time.Hour
			}
			timer.Reset(p.wait)
			select {
			case <-o.t.wake:
			case <-timer.C:
			}
			continue
		}
		if len(o.chosen) > 0 {
			p.b = o.fill(&p)
		}
		if err := o.to.Write(p.typ, buf, len(p.b)); err != nil {
			return err
		}
	}
}

// fill appends the content that a plan has chosen.
func (o *outlet) fill(p *plan) []byte {
	o.record = Filling{Pieces: o.chosen, Slow: p.slow, o: o}
	n := len(p.b)
	b := p.of.bulk.Fill(&o.record, p.b)
	o.desk.with(func(*state) {
		if !o.t.dead {
			o.t.flight.grow(len(b) - n)
		}
	})
	return b
}

// A Filling is what is known of the record that a Bulk fills.
type Filling struct {
	Pieces []Piece // what was taken
	Slow   bool    // the lane would carry more if its content were packed
	o      *outlet
}

// Scratch returns memory for one frame's content, which belongs to the lane.
func (f *Filling) Scratch() []byte {
	if f.o.spare == nil {
		f.o.spare = make([]byte, 0, record.MaxPayload)
	}
	return f.o.spare
}

// Stretch makes piece k as long as longer says, which is called with the session's
// lock held, unless the lane is gone. It returns the length.
func (f *Filling) Stretch(k int, longer func(Piece) int64) int64 {
	p := &f.Pieces[k]
	f.o.desk.with(func(*state) {
		if !f.o.t.dead {
			p.N = longer(*p)
			f.o.t.flight.newest()[k].N = p.N
		}
	})
	return p.N
}
