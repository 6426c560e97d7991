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
	pieces []Piece // of what is filled, as they were when it was chosen
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
		o.desk.with(func(st *state) {
			p = st.next(o.t, buf[record.HeaderSize:record.HeaderSize], time.Now())
			if p.cargo != nil {
				o.pieces = append(o.pieces[:0], p.cargo.pieces...)
			}
		})
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
		if p.cargo != nil {
			p.b = o.fill(&p)
		}
		if err := o.to.Write(p.typ, buf, len(p.b)); err != nil {
			return err
		}
	}
}

// fill appends the content that a plan has chosen.
func (o *outlet) fill(p *plan) []byte {
	o.record = Filling{Pieces: o.pieces, Slow: p.slow, o: o, cargo: p.cargo}
	n := len(p.b)
	b := p.cargo.of.bulk.Fill(&o.record, p.b)
	o.record.cargo = nil
	o.desk.with(func(*state) {
		if !o.t.dead {
			o.t.flight.grow(len(b)-n, time.Now())
		}
	})
	return b
}

// A Filling is what is known of the record that a Bulk fills.
type Filling struct {
	Pieces []Piece // what was taken
	Slow   bool    // the lane would carry more if its content were packed
	o      *outlet
	cargo  *cargo
}

// Scratch returns memory for one frame's content, which belongs to the lane.
func (f *Filling) Scratch() []byte {
	if f.o.spare == nil {
		f.o.spare = make([]byte, 0, record.MaxPayload)
	}
	return f.o.spare
}

// Stretch makes piece k as long as longer says, which is called with the session's
// lock held, unless the pieces aren't this lane's alone. It returns the length.
func (f *Filling) Stretch(k int, longer func(Piece) int64) int64 {
	p := &f.Pieces[k]
	f.o.desk.with(func(*state) {
		if l := f.cargo; l.lanes == [2]int{f.o.t.number} && !l.over && !l.due {
			p.N = longer(*p)
			l.pieces[k].N = p.N
		}
	})
	return p.N
}

// Missing calls do with the session's lock held, unless another lane has brought the
// pieces meanwhile: then it doesn't matter that this one can't.
func (f *Filling) Missing(do func()) {
	f.o.desk.with(func(*state) {
		if !f.cargo.over {
			do()
		}
	})
}
