package pipe

import "time"

// Limits are those of relay.Limits with the same names, which says what they mean. None
// may be zero but those that say so.
type Limits struct {
	Waiting, WaitingPerSource, WaitingPerToken int
	WaitingTime                                time.Duration

	PairIdle, PairLife, PairStall time.Duration

	PipeBytes, Ducts int

	PairRate, SourceRate, TotalRate, SourceDay int64 // 0: no limit
	Remembered                                 int
}
