package transfer

import (
	"context"
	"errors"

	"sesame/transfer/manifest"
)

// Open fails: browsers have no files by path.
func Open(paths ...string) (*Source, error) { return nil, errors.ErrUnsupported }

func walk(context.Context, []string, func(int, int64)) (*manifest.Manifest, files, error) {
	return nil, nil, errors.ErrUnsupported
}
