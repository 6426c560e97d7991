package line

// A start is how a connection finds out how much the line carries: with three times as
// much each round while nothing waits on the way, else with twice as much, until the
// rate doesn't grow any more.
type start struct {
	full   float64 // the rate when it last grew
	still  int     // rounds since
	filled bool    // it is over
	brisk  bool    // it isn't, the rate grows, and nothing waits

	waits [briskAcks]bool // whether packets of the last ACKs have waited
	acks  int

	round, before lostOf // in the last round, and in those before
}

// A lostOf is how much was lost, of how much that was sent.
type lostOf struct{ lost, all float64 } // bytes

func newStart() start { return start{brisk: true} }

// pace returns what may be sent in a round, at least, with that window and packets of
// that size.
func (s *start) pace(cwnd, packet float64) float64 {
	if s.brisk {
		return briskPace * cwnd
	}
	return startupGain * firstWindow * packet
}

// wait takes what an ACK says of waiting.
func (s *start) wait(m *model, a sample) {
	if s.filled || a.rtts.n == 0 {
		return
	}
	s.waits[s.acks%briskAcks] = a.rtts.low > m.base()+m.patience()
	s.acks++
	s.mind()
}

// mind notes whether it is brisk now.
func (s *start) mind() {
	s.brisk = !s.filled && s.still == 0 && s.waits != [briskAcks]bool{true, true, true}
}

// fill ends it.
func (s *start) fill() {
	s.filled = true
	s.mind()
}

// grown notes, at the end of a round, whether the line has turned out to carry more.
// Where there wasn't more to send that shows only if packets wait for long, and if it is
// a stream that sends them: what answers little on the way back says nothing of the line.
func (s *start) grown(m *model, a sample) {
	q, known := m.queued()
	waiting := known && float64(q) > max(fullQueue*float64(m.least), m.patience())
	if s.filled || a.limited && (!waiting || a.inFlight < firstWindow*m.packet) {
		return
	}
	if m.top() >= s.full*fullGrowth {
		s.full, s.still = m.top(), 0
	} else {
		s.still++
	}
	s.filled = s.still >= fullRounds || s.still >= fullWaiting && waiting
	s.mind()
}

// learn takes what a round has lost for the line's own loss, while that can't have been
// ours: the line turned out to carry more in the round after it.
func (s *start) learn(l *loss, packet float64) {
	if !s.brisk || l.all < lossPackets*packet {
		return
	}
	s.before.lost += s.round.lost
	s.before.all += s.round.all
	s.round = lostOf{l.lost, l.all}
	if s.before.all > basePackets*packet {
		l.base = s.before.lost / s.before.all
	}
}
