package transit

import "context"

// segmentSize is the most that a TCP connection with small segments puts into a
// packet: what an IPv6 network must carry, 1280 bytes, without headers. There are
// networks in which larger ones vanish and nobody says so (RFC 2923 §2.1). A
// connection comes about there, and then it carries nothing.
const segmentSize = 1280 - 60

type smallSegments struct{}

// withSmallSegments makes what is dialled under ctx use small segments, in both
// directions, where the system lets us say so.
func withSmallSegments(ctx context.Context) context.Context {
	return context.WithValue(ctx, smallSegments{}, true)
}

func wantsSmallSegments(ctx context.Context) bool { return ctx.Value(smallSegments{}) != nil }
