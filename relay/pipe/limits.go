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

	// TicketsOnly has only those joined who have a ticket.
	TicketsOnly bool
	// ClassicPerSource is how many pipes without a ticket one source may have a minute.
	ClassicPerSource int
}
