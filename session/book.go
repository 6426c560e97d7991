package session

// maxUnsettled is how many exchanges of a side may be unsettled.
const maxUnsettled = 16

// A book knows which exchanges there are, and what may be said in them. It has no
// clock, no lane and no goroutine; it isn't safe for concurrent use.
//
// An exchange is settled, on both sides alike, when its reader has said that it has all
// of it or wants nothing, when both have said all, or when both have said DROP: who is
// told DROP first answers with one. Control messages come in order, so nothing can
// come in an exchange after that; content that was under way still can, and is ignored.
type book struct {
	own, theirs ledger
	left        bool // this side says nothing more
	gone        bool // the other side
}

// A ledger is the exchanges that one side has opened.
type ledger struct {
	next int64 // number of the next one
	open map[int64]*Exchange
}

// A part is what the book knows of an exchange.
type part struct {
	number      int64
	own         bool // opened by this side
	dropped     bool // this side has said DROP, and the other not yet
	said, heard bool // without content: all has been said, by this side and by the other
}

func (l *ledger) put(x *Exchange) {
	if l.open == nil {
		l.open = make(map[int64]*Exchange)
	}
	x.number = l.next
	l.open[x.number] = x
	l.next++
}

// room reports whether this side may open one more.
func (b *book) room() bool { return len(b.own.open) < maxUnsettled }

// begin notes one that this side opens.
func (b *book) begin(x *Exchange) {
	x.own = true
	b.own.put(x)
}

// admit notes one that the other side opens under a number.
func (b *book) admit(number int64, x *Exchange) error {
	switch {
	case b.gone:
		return broken("opens an exchange after LEAVE")
	case number < b.theirs.next:
		return broken("uses the number of an exchange twice")
	case number > b.theirs.next:
		return broken("skips the number of an exchange")
	case len(b.theirs.open) >= maxUnsettled:
		return brokenf("has more than %d exchanges unsettled", maxUnsettled)
	}
	b.theirs.put(x)
	return nil
}

// find returns the exchange that the other side speaks of, nil if it is settled.
func (b *book) find(which ref) (*Exchange, error) {
	l := &b.theirs
	if which.theirs {
		l = &b.own
	}
	if which.number >= l.next {
		return nil, broken("speaks of an exchange that isn't there")
	}
	return l.open[which.number], nil
}

// speaks returns the exchange in which the other side says a message of a type, nil if
// it is to be ignored.
func (b *book) speaks(which ref, typ Message) (*Exchange, error) {
	x, err := b.find(which)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, brokenf("%v in an exchange that is settled", typ)
	case x.content != typ.ofContent():
		return nil, brokenf("%v in an exchange of another kind", typ)
	case x.heard:
		return nil, brokenf("%v after all was said", typ)
	case x.dropped && !typ.settles() && typ != msgMessage:
		return nil, nil
	}
	return x, nil
}

// said notes that this side has posted a message of a type with a body so long.
func (b *book) said(x *Exchange, typ Message, length int) {
	switch {
	case typ.settles():
		b.settle(x, nil)
	case typ == msgMessage && length == len(ref{x.number, !x.own}.append(nil)):
		x.said = true
		b.close(x)
	}
}

// heardAll notes that the other side has said all in an exchange without content.
func (b *book) heardAll(x *Exchange) {
	x.heard = true
	b.close(x)
}

func (b *book) close(x *Exchange) {
	if x.said && x.heard {
		b.settle(x, nil)
	}
}

// drop notes that this side says DROP, and reports whether it is to.
func (b *book) drop(x *Exchange) bool {
	if x.dropped || !b.holds(x) {
		return false
	}
	x.dropped = true
	x.over.Store(true)
	return true
}

// heardDrop notes that the other side has said DROP. It reports whether this side
// answers.
func (b *book) heardDrop(which ref, why Reason) (x *Exchange, answer bool, err error) {
	x, err = b.find(which)
	if x == nil || err != nil {
		return nil, false, err // this side has settled it before
	}
	answer = !x.dropped
	b.settle(x, &DropError{Reason: why})
	return x, answer, nil
}

// holds reports whether x is unsettled.
func (b *book) holds(x *Exchange) bool {
	l := &b.theirs
	if x.own {
		l = &b.own
	}
	return l.open[x.number] == x
}

// settle ends an exchange. If this side had dropped it, and the other too, this side's
// reason stays.
func (b *book) settle(x *Exchange, err error) {
	if !b.holds(x) {
		return
	}
	if x.own {
		delete(b.own.open, x.number)
	} else {
		delete(b.theirs.open, x.number)
	}
	if x.dropped && err != nil {
		err = x.err
	}
	x.finish(err)
}

// fail ends all of them.
func (b *book) fail(err error) {
	for _, l := range []*ledger{&b.own, &b.theirs} {
		for _, x := range l.open {
			x.finish(err)
		}
	}
}

// idle reports whether neither side has anything more to say.
func (b *book) idle() bool { return b.left && b.gone && b.quiet() }

// quiet reports whether nothing is unsettled.
func (b *book) quiet() bool { return len(b.own.open)+len(b.theirs.open) == 0 }
