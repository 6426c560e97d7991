package staging

import (
	"context"
	"os"

	"sesame/tree"
	"sesame/tree/manifest"
)

// A Disk is a tree.Store: the directory Dir, which whoever made it closes. Its
// fields must not change while it is used.
type Disk struct {
	Dir *os.Root
	// Options holds what concerns the disk. What tree.Options has too comes with
	// each tree.
	Options Options
}

var (
	_ tree.Store    = (*Disk)(nil)
	_ tree.Writer   = (*Tree)(nil)
	_ tree.Standing = (*Standing)(nil)
)

func (d *Disk) options(o *tree.Options) *Options {
	all := d.Options
	if o == nil {
		o = new(tree.Options)
	}
	all.ID, all.Fresh, all.Discard, all.Losses = o.ID, o.Fresh, o.Discard, o.Losses
	if o.Logger != nil {
		all.Logger = o.Logger
	}
	return &all
}

// Begin is OpenContext.
func (d *Disk) Begin(ctx context.Context, m *manifest.Manifest, o *tree.Options) (tree.Writer, error) {
	t, err := OpenContext(ctx, d.Dir, m, d.options(o))
	if err != nil {
		return nil, err // not a Writer that holds no Tree
	}
	return t, nil
}

// Fits is CheckSpace.
func (d *Disk) Fits(ctx context.Context, m *manifest.Manifest, o *tree.Options) error {
	return CheckSpace(ctx, d.Dir, m, d.options(o))
}

// Names is the function Names.
func (d *Disk) Names() manifest.Rules { return Names(d.Dir) }

// Free is Space.
func (d *Disk) Free() (tree.Space, bool) {
	free, inodes, ok := Space(d.Dir)
	return tree.Space{Bytes: free, Files: inodes}, ok
}

// Look says what has the name, without following a link.
func (d *Disk) Look(name string) (tree.Found, error) {
	info, err := d.Dir.Lstat(name)
	if err != nil {
		return tree.Found{}, err
	}
	there := tree.Found{Dir: info.IsDir(), Fixed: held(d.Dir, name, info)}
	if Mounted(d.Dir, name) {
		there.Fixed = tree.ErrMounted
	}
	return there, nil
}
