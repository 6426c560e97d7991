package choice

import "time"

// These are the constants of the rules, each with its reason. What they do was measured
// in the simulator: doc/choice.md §1, §2.
const (
	// What may be under way on a lane beside others is what it brought home in its
	// round trip and flightTime, flightGrowth times: with 2, twice as much with each
	// round trip while it begins, and less than a second's worth ever after. The
	// longer flightTime, the more a lane holds that has become slow; the shorter, the
	// more a rate is a count of few records.
	flightTime   = 250 * time.Millisecond
	flightGrowth = 2
	// leastFlight is what a lane needs to begin quickly, mostFlight what fills
	// 250 Mbit/s at 250 ms; it is half of the window of all lanes.
	leastFlight = 256 << 10
	mostFlight  = 8 << 20
	// A lane that is in slow start has more: startFlight, or startGrowth times as much. What
	// is acknowledged was sent two round trips ago, or three where packets are lost, and
	// that grows threefold with each. The transport holds two and a half windows at most.
	startFlight = 1 << 20
	fineFlight  = 1 << 20
	startGrowth = 4
	// trialFlight is for a lane that has shown nothing, or nothing since it was
	// suspended, beside one that works: what carries nothing costs so much.
	trialFlight = 128 << 10
	// An acknowledgement is asked for after an askPart of the flight: at a quarter,
	// rates over a second were steps of 18 %. It is askBytes at least: each costs a
	// record. Slow lanes are asked by time and number, as ever.
	askPart    = 8
	askBytes   = 64 << 10
	askRecords = 32
	askTime    = 200 * time.Millisecond
	// leastRecord bounds records below: what is smaller costs more than it tells.
	leastRecord = 16 << 10
	// A lane that has never worked gets nothing while less than strideBytes are left,
	// and others need strideTime for them at most, as far as is known: the rest is home
	// before it is in its stride.
	strideBytes = 2 << 20
	strideTime  = 3 * time.Second

	// A lane with something under way that acknowledges nothing for silentTime, or
	// silentTrips round trips, is suspended: sooner, and every pause of a radio would
	// be one; later, and people see it. On a slow line an acknowledgement waits behind
	// what is under way: queueTimes as long as one took lately is no silence, up to
	// longestQueue.
	silentTime   = 2 * time.Second
	silentTrips  = 6
	queueTimes   = 2
	longestQueue = 10 * time.Second
	// The first suspension lasts suspendTime, each further one twice as long, up to
	// suspendMost: a lane that works for a moment now and then is tried once a minute.
	suspendTime = 5 * time.Second
	suspendMost = time.Minute

	// A piece is sent again over a lane that brings it soonerBy times sooner: what it
	// costs is certain, what it gains is an estimate.
	soonerBy = 1.5
	// leastRate stands for that of a lane that has shown nothing lately, bytes a
	// second.
	leastRate = 1000
	// windowBytes is what all lanes together hold. Where the other side passes data on in
	// order, what a lane holds is to be there in orderPart of the time that the others
	// need for so much: else they wait for it.
	windowBytes = 16 << 20
	orderPart   = 0.7

	// samples are kept of each lane, sampleTime apart at least: together 2.5 s.
	samples    = 64
	sampleTime = 40 * time.Millisecond
)

// These are of the machine that has relays rest.
const (
	// Direct lanes that do tie of what relays do are as good: less, and relays would
	// carry on at what people call the same speed; more, and a tie would never end.
	tie = 0.9
	// measureTime is for how long both are busy until they are compared: rates over a
	// second, and one for lanes to begin.
	measureTime = 2 * time.Second
	// A rest is judged after judgeTime: a round trip or two, and rates over a second.
	judgeTime = 3 * time.Second
	// judgedTime is for how long nothing is compared after a rest that was a mistake.
	judgedTime = 30 * time.Second
	// A look comes lookGap after the last; looks that lead to nothing make that twice
	// as long, up to longestGap. It lasts lookTime, twice that at most, seven round
	// trips at least: a lane that was idle begins slowly.
	lookGap    = 7 * time.Second
	longestGap = time.Minute
	lookTime   = 1500 * time.Millisecond
	leastLook  = 800 * time.Millisecond
	lookTrips  = 7
	// Lanes get faster if they carry growth times what they did a moment before.
	growth = 1.3
	// Relays go back to work after a look that found lookGain times what direct lanes
	// do.
	lookGain = 1.15
	// If direct lanes do less than lookShared of what they did, relays take it from them:
	// then what both do counts, else a direct lane that can't fill the line would keep it.
	lookShared = 0.8
	// In the beginning a relay's lane may have trialFlight under way until direct lanes are
	// out of slow start, which is over after waitMost and waitMostTrips in any case; or until
	// they do less than relays with so little, after waitSoon and waitTrips: what gets
	// anywhere has grown by then. Not where relays have carried waitBytes already, less than
	// waitLeft is there, or a round trip takes longer than waitTrip: so much would be lost. What
	// lanes do then is what they did in showTime, or three round trips, after that.
	waitSoon      = 150 * time.Millisecond
	waitTrips     = 5
	waitMost      = time.Second
	waitMostTrips = 10
	waitBytes     = 512 << 10
	waitTrip      = 150 * time.Millisecond
	waitLeft      = 16 << 20
	startSpan     = 300 * time.Millisecond
	// Then relays take showPart of what both do, for showTime or showTrips round trips:
	// less isn't seen, and more takes from direct lanes what they need a while to get
	// back. If both do showGain times as much, it isn't one bottleneck which those fill.
	showPart  = 1.0 / 3
	showTime  = 600 * time.Millisecond
	showTrips = 5
	showGain  = 1.15
	// Then they are compared after shownTime: rates over a second, and what shows began.
	shownTime = 1200 * time.Millisecond
	// If direct lanes then do less than filledPart of what both did, they don't fill it.
	filledPart = 0.8
	// A trial begins when those that are held back have brought home what they had, after
	// drainTime at the latest. Then it lasts for trialTime, or trialTrips round trips, or
	// what trialBytes take, up to longestTrial: lanes need round trips to grow, and rates
	// of few records are steps.
	drainTime    = 2 * time.Second
	trialTime    = 600 * time.Millisecond
	trialTrips   = 5
	trialBytes   = 512 << 10
	longestTrial = 2 * time.Second
	// In a yield relays get half, to see whether direct lanes take what they leave:
	// yieldTaken of it, while the sum stays at yieldSum. The first is yieldGap after the
	// two could be compared, then it is twice as long each time, up to yieldMost.
	yieldGap   = 5 * time.Second
	yieldMost  = 2 * time.Minute
	yieldTaken = 0.6
	yieldSum   = 0.92
	// In a swap direct lanes pause, to see what relays do alone, where that was never
	// seen for aloneTime. If relays do less than swapPart of all, that would cost more
	// than it tells, and direct lanes take half; if less than leastPart, they don't
	// matter. If they take swapTaken of what direct lanes leave, it is one bottleneck:
	// less than in a yield, as a lane that had little takes its time. If direct lanes
	// don't do as well, nothing is compared for swapDwell.
	aloneTime = 2500 * time.Millisecond
	swapPart  = 0.3
	leastPart = 0.05
	swapTaken = 0.3
	swapDwell = 10 * time.Second
	// halfTime is what is under way on a lane that is to carry half of a rate, beside a
	// round trip.
	halfTime = 20 * time.Millisecond
	// What relays did alone says less with time.
	aloneFades = 5 * time.Minute
	// A rest ends when direct lanes do less than tie × restSlack of what relays did, or
	// less than restBest of their own best of late, for fallTime.
	restSlack = 0.95
	restBest  = 0.65
	bestFades = 20 * time.Second
	fallTime  = time.Second
	// A rest that ended within quickRest was none; the next comes three times as late,
	// and so on, up to longestGap.
	quickRest = 15 * time.Second
	// Lanes have slack if for idlePart of the last second or so there was nothing to send.
	idlePart = 0.3
	// UDP lanes rest only if TCP carries wholePart of what both did: they cost nobody
	// anything but this computer some work.
	wholePart = 0.95
	// No trial is worth its cost if less than so much is left to do.
	leastLeft  = 10 * time.Second
	leastSwap  = 15 * time.Second
	settleTime = 3 * time.Second // after a trial rates are of the trial
)

// These are of what people are told.
const (
	// A line changes if the other one has held for leadTime, and its way carries leadBy
	// times as much as the one that was told; and once in changeGap. Another reason for
	// the same way must hold for reasonTime: who comes up needs a while to show what it
	// can do, and then nothing could be told for long.
	leadTime   = 500 * time.Millisecond
	leadBy     = 1.25
	reasonTime = 3 * time.Second
	changeGap  = 10 * time.Second
	// A relay that carries less than restShare of all rests: what it carries then was
	// under way.
	restShare = 0.05
)
