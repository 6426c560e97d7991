package line

import "time"

// All numbers of the protocol and of the controller, each with its reason. What was
// measured is in doc/line.md.

// Sizes, in bytes.
const (
	headerSize = 11 // type, ID, packet number
	tagSize    = 16 // of AES-GCM
	ipSize     = 28 // IPv4 and UDP; 20 more with IPv6, which doesn't matter to a rate
	overhead   = ipSize + headerSize + tagSize

	// smallest is the UDP payload that every path carries (QUIC asks for the same, RFC
	// 9000 §14): a connection begins with it, and falls back to it.
	smallest = 1200
	// middle passes most tunnels and PPPoE; largest fits an Ethernet packet under IPv6.
	middle  = 1372
	largest = 1452

	// window is how far beyond what was read a peer may send: 600 ms × 100 Mbit/s is
	// 7.5 MB, and a hole costs a second round. It is the bound of memory, too.
	window = 16 << 20
	// firstOffer is what both sides take for the peer's window before it has said one:
	// half a round of 100 Mbit/s × 150 ms.
	firstOffer = 1 << 20
	// maxHeld bounds what a sender keeps until it is acknowledged, and leastHeld is
	// what it keeps at any rate, so that a writer needn't wait for each packet.
	maxHeld   = 16 << 20
	leastHeld = 256 << 10
	// heldGain is how much it holds, of what may be under way, which is two rounds: what
	// was lost twice arrives after three and a half, and what is behind it waits here. More
	// would be no faster, and what is written later would wait behind it.
	heldGain = 2.5
)

// Counts of packets, and of spans of their numbers.
const (
	// keyPackets is after how many packets a direction has the next key: RFC 9001 §6.6
	// allows AES-GCM twice as many.
	keyPackets = 1 << 22
	// lastNumber is the highest packet number: 48 bits, less than one key. A connection
	// ends there, after 380 PB.
	lastNumber = 1<<48 - keyPackets
	// maxSpans fit an ACK into a packet of the smallest size; more are told the next time.
	maxSpans = 250
	// maxSeen is how many spans of numbers are remembered, to drop what comes twice.
	maxSeen = 4096
	// maxHoles is how many holes what has come may have: a window has 12,000 packets,
	// and no line on which this works loses every third.
	maxHoles = 8192
	// manySent is of how many packets there are records until those are dropped that want
	// no ACK: a window and its losses are half as many. Of mostSent there are only if the
	// peer has us answer, and acknowledges nothing: that ends the connection, at 10 MB.
	manySent, mostSent = 1 << 16, 1 << 17
	// skipLeast and skipMost: between so many packets one number is left out. Who
	// acknowledges it acknowledges what it hasn't got. Each costs a span in some ACKs.
	skipLeast, skipMost = 500, 3000
	// urgentPackets leave after a timeout, whatever the window and the pace: one may be
	// lost, too.
	urgentPackets = 2
	// doubledAfter is after how many losses a piece is sent twice at once: with 3 % loss
	// one packet in a thousand, each of which would hold everything up for a round more.
	doubledAfter = 2
	// closePackets is how many times CLOSE is said: nobody acknowledges it.
	closePackets = 2
	// ackPackets is how many packets are acknowledged at once: at 1 Gbit/s one ACK in
	// 0.4 ms, and a rate sample from each.
	ackPackets = 32
	// ackReach: an ACK reaches down to the lowest number that came during so many
	// before, so that seven in a row may be lost.
	ackReach = 8
)

// Times.
const (
	// ackSoon and ackLate are how long two packets, and one, wait for an ACK: at 100
	// Mbit/s one ACK for 9 packets; and a single one is no sign of a stream.
	ackSoon = time.Millisecond
	ackLate = 5 * time.Millisecond
	// lateUnit is in what an ACK tells how long ago the newest packet came: 16 bits
	// reach a second.
	lateUnit = 16 * time.Microsecond
	// burst is how much time's packets leave at once: what a timer of most systems can
	// do. fineBurst is it while the queue on the way is shorter than such bursts, for
	// fineTime after that was noticed: 5 packets can't take 9 at once.
	burst     = time.Millisecond
	fineBurst = burst / 4
	fineTime  = 20 * time.Second
	// lateMost is how much of what didn't leave in time, since the computer was busy, is
	// made up for at once.
	lateMost = 32 * burst
	// shortQueue is how little waiting, in the mean of a round that lost too much,
	// shows such a queue.
	shortQueue = 2 * time.Millisecond
	// timeoutLeast is added to the RTT, at least, before it counts as a timeout: more
	// than a computer that is busy makes a packet wait. timeoutMost is the most between
	// two tries: after a cut of any length it goes on within that.
	timeoutLeast = 10 * time.Millisecond
	timeoutMost  = 4 * time.Second
	// reorderMost is how late a packet may be on any line before it counts as lost; on
	// long ones it is two RTTs.
	reorderMost = 100 * time.Millisecond
	// pingAfter is after how much quiet a PING is sent: NATs forget after 20 to 30 s.
	// silence is when the peer counts as gone: two PINGs and their timeouts.
	pingAfter = 8 * time.Second
	silence   = 20 * time.Second
	// challengePause is between two questions at another address of the peer: a packet
	// of 40 bytes each is nothing to whoever really is there.
	challengePause = 200 * time.Millisecond
	// raiseAfter is when a size that didn't pass is tried again, doubled each time: a
	// route changes rarely, and a probe costs one packet.
	raiseAfter = 30 * time.Second
)

// What a path's size takes.
const (
	// sizeTries is how many probes of a size are lost before it counts as too large:
	// with 10 % loss one in a thousand is misjudged, until it is tried again.
	sizeTries = 3
	// shrinkAfter is after how many timeouts in a row packets get the smallest size:
	// one happens by loss alone.
	shrinkAfter = 2
	// shrinkLost is after how many larger packets in a row that got lost, while others
	// came through: with 25 % loss that is one time in four thousand million.
	shrinkLost = 16
	// collapseAfter is after how many the line counts as cut, and the window is the
	// least.
	collapseAfter = 3
)

// The controller. Windows are in packets unless said otherwise.
const (
	// startupGain is 4 ln 2: the least that doubles the rate each round (BBR draft
	// §2.4). Draining takes its reciprocal.
	startupGain = 2.77
	// briskGrowth is by how much more than what was acknowledged a window grows while
	// nothing waits: three times as much each round, 4 rounds instead of 7 at 100 Mbit/s
	// and 250 ms, and what is too much before that is noticed still is less than a BDP.
	// briskPace is a window in half a round, where the mean of such growth takes 0.6.
	briskGrowth, briskPace = 2, 2
	// briskAcks is how many ACKs in a row say that packets wait: one may be a host that
	// does something else.
	briskAcks = 3
	// waitShare of the RTT, and waitLeast, is what packets wait for other reasons
	// (RFC 9406 §4.2).
	waitShare = 1.0 / 8
	waitLeast = 4 * time.Millisecond
	// fullGrowth and fullRounds: the line is full when its rate grew by less in so many
	// rounds; fullWaiting if packets wait for fullQueue of the RTT, since then it isn't
	// somebody's pause, and no host is busy for so long.
	fullGrowth, fullRounds, fullWaiting, fullQueue = 1.25, 3, 2, 0.5
	// upGain looks for more; downGain drains what that has queued.
	upGain, downGain = 1.25, 0.75
	// upRounds and downRounds bound both.
	upRounds, downRounds = 2, 3
	// cwndGain leaves room for ACKs that come late and together.
	cwndGain = 2.0
	// hostTime is how long two hosts hold packets and ACKs back: a burst, ackSoon, and a
	// timer that is late by a burst at each end. Without it a connection of less than 1
	// ms stays at what 30 packets a millisecond are.
	hostTime = 2*burst + ackSoon + burst
	// margin is paced below what the line carries, so that queues drain.
	margin = 0.99
	// leastWindow keeps ACKs coming; firstWindow is twice RFC 6928's, which at
	// 64 kbit/s stands in a queue for 3 s; what is said first is less, anyway. 32 would
	// be 0.1 s sooner at 250 ms, and 2 s more of queue there.
	leastWindow, firstWindow = 4, 20
	// slack is added to the window for what end hosts hold.
	slack = 2
	// leastRate is paced at any rate, in bytes a second: one small packet in 2 s.
	leastRate = 500

	// lossCeiling above what the line loses by itself is too much: 3 % of random loss
	// must pass, two flows in a short queue must not. lossSigmas keeps chance from
	// deciding, and lossMost is too much whatever the line loses.
	lossCeiling, lossSigmas, lossMost = 0.03, 3, 0.25
	// lossPackets is how many a round has, at least, to be judged; lossFew if it isn't
	// startup, where one of four lost may be chance.
	lossPackets, lossFew = 10, 4
	// startupLoss and startupLost end startup: one of ten lost is chance on a bad line.
	startupLoss, startupLost = 0.20, 8
	// baseShare is how much a new measurement of the line's own loss counts, and
	// basePackets how many packets it takes.
	baseShare, basePackets = 0.25, 40
	// backOff is what too much loss costs: BBRv2's lower bound would be 0.7, which
	// leaves CUBIC more than it can take.
	backOff = 0.85
	// cruiseLeast and cruiseSpread are how many rounds pass, about, between two looks
	// for more: often enough to find what somebody leaves, at different times for two.
	cruiseLeast, cruiseSpread = 5, 3
	// penaltyMost is how many rounds more pass after looks that lost packets: probing
	// is what hurts CUBIC.
	penaltyMost = 16
	// leastTime is how long the least RTT counts, and leastProbe how long the line is
	// kept all but empty to find it again.
	leastTime  = 10 * time.Second
	leastProbe = 200 * time.Millisecond
	// probeWindow is the window then, of the BDP.
	probeWindow = 0.5
	// meanTime is how long the least mean RTT of a round counts, once or twice.
	meanTime = 5 * time.Second
	// jitterShare is how much one ACK's spread counts, and jitterReach how many times
	// the jitter packets may be late for no reason.
	jitterShare, jitterReach = 1.0 / 16, 3
	// jitterMany: from that part of the RTT on, jitter makes the mean of rates too low,
	// and their greatest is taken.
	jitterMany = 1.0 / 16
	// bunched: where that part of a BDP is acknowledged at once, a host is busy, and the
	// mean of rates is too low as well.
	bunched = 1.0 / 4
	// extraRounds is how long the most that was acknowledged at once counts, once or
	// twice, and extraMost how much that may be beyond what is under way on a line where nothing
	// waits.
	extraRounds, extraMost = 5, 16
	// reorderRounds is after how many rounds packets get less time to be late.
	reorderRounds = 32
)

// Connections.
const (
	// helloPause is between two hellos, and helloTries their number.
	helloPause = 400 * time.Millisecond
	helloTries = 20
	// helloRate is how many hellos a second are looked at: a proof costs 3 µs.
	helloRate = 1000
	// maxHalf is how many connections may have been greeted without having proven
	// that they are there now; halfTime is how long one may stay so.
	maxHalf  = 8
	halfTime = 10 * time.Second
	// maxConns is how many connections others may have at a socket.
	maxConns = 24
)
