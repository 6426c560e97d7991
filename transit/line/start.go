package line

// A start is how a connection finds out how much the line carries: with three times as
// much each round while nothing waits on the way, then with twice as much, until the
// rate doesn't grow any more.
type start struct {
	full   float64 // the rate when it last grew
	still  int     // rounds since
	filled bool    // it is over
	brisk  bool    // nothing has waited yet, and nothing else has stopped growth

	waits [briskAcks]bool // whether packets of the last ACKs have waited
	acks  int
}

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
	if !s.brisk || a.rtts.n == 0 {
		return
	}
	s.waits[s.acks%briskAcks] = a.rtts.low > m.base()+m.patience()
	s.acks++
	s.brisk = s.waits != [briskAcks]bool{true, true, true}
}

// grown notes, at the end of a round, whether the line has turned out to carry more.
// Where there wasn't more to send that shows only if packets wait, and if it is a stream
// that sends them: what answers little on the way back says nothing of the line.
func (s *start) grown(m *model, a sample) {
	q, known := m.queued()
	waiting := known && float64(q) > m.patience()
	if s.filled || a.limited && (!waiting || a.inFlight < firstWindow*m.packet) {
		return
	}
	if m.top() >= s.full*fullGrowth {
		s.full, s.still = m.top(), 0
		return
	}
	s.still++
	s.brisk = false
	s.filled = s.still >= fullRounds || s.still >= fullWaiting && waiting
}

// learn takes what the round has lost for the line's own loss, while that can't have
// been ours.
func (s *start) learn(l *loss, packet float64) {
	if !s.brisk || l.all < lossPackets*packet {
		return
	}
	l.lowLost += l.lost
	l.lowAll += l.all
	if l.lowAll > basePackets*packet {
		l.base = l.lowLost / l.lowAll
	}
}
