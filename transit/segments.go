package transit

import "context"

type smallSegments struct{}

// withSmallSegments makes what is dialled under ctx use small segments.
func withSmallSegments(ctx context.Context) context.Context {
	return context.WithValue(ctx, smallSegments{}, true)
}

func wantsSmallSegments(ctx context.Context) bool { return ctx.Value(smallSegments{}) != nil }
