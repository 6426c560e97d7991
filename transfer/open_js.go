package transfer

import (
	"context"
	"errors"
)

// Open fails: browsers have no files by path.
func Open(paths ...string) (*Source, error) { return nil, errors.ErrUnsupported }

func walk(context.Context, []string, func(int, int64)) (*Listing, error) {
	return nil, errors.ErrUnsupported
}
