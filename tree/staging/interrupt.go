package staging

import (
	"context"
	"strings"
)

// interrupted returns the error of ctx, which it looks at now and then while i
// counts up.
func interrupted(ctx context.Context, i int) error {
	if i%64 != 0 || ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
