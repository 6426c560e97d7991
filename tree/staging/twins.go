package staging

import (
	"context"
	"strings"

	"sesame/tree"
	"sesame/tree/manifest"
)

// maxTwins is how many names that may be one are tried out.
const maxTwins = 4096

// checkTwins returns a *tree.TwinsError if the file system can't keep all names of the
// manifest apart. Source: doc/native.md §6.6.
func (n *naming) checkTwins(ctx context.Context) error {
	groups, err := n.shape.M.Collisions(ctx)
	if err != nil || len(groups) == 0 {
		return err
	}
	if err := removeAll(n.area.root, probeName); err != nil {
		return err
	}
	if err := n.area.root.mkdir(probeName, 0o700); err != nil {
		return err
	}
	defer removeAll(n.area.root, probeName)
	d, err := n.area.root.sub(probeName)
	if err != nil {
		return err
	}
	defer d.close()
	return findTwins(ctx, n.shape.M, groups, func(a, b string) (bool, error) { return areTwins(d, a, b) })
}

// findTwins returns a *tree.TwinsError about the first names in a group that are one.
func findTwins(ctx context.Context, m *manifest.Manifest, groups [][]int, one func(a, b string) (bool, error)) error {
	tried := 0
	for _, group := range groups {
		for k, i := range group {
			for _, j := range group[:k] {
				a, b := m.Entries[j].Path, m.Entries[i].Path
				if tried++; tried > maxTwins || a == b {
					return nil
				}
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				same, err := one(differing(a, b))
				if err != nil {
					return err
				}
				if same {
					return &tree.TwinsError{A: a, B: b}
				}
			}
		}
	}
	return nil
}

// differing returns the first elements in which two paths differ.
func differing(a, b string) (string, string) {
	for {
		x, restA, _ := strings.Cut(a, "/")
		y, restB, _ := strings.Cut(b, "/")
		if x != y || restA == "" || restB == "" {
			return x, y
		}
		a, b = restA, restB
	}
}

// areTwins reports whether a and b, which are not there, are one name in d.
func areTwins(d *folder, a, b string) (bool, error) {
	f, err := d.create(a, 0o600)
	if err != nil {
		return false, err
	}
	f.Close()
	_, err = d.lstat(b)
	return err == nil, d.remove(a)
}
