package pipe

import "time"

// Limits are those of relay.Limits with the same names, which says what they mean. None
// may be zero.
type Limits struct {
	Waiting, WaitingPerSource, WaitingPerToken int
	WaitingTime                                time.Duration

	PairIdle, PairLife, PairStall time.Duration

	PipeBytes, Ducts int
}
