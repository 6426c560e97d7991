//go:build !js

package client

import (
	"os"

	"sesame/tree"
	"sesame/tree/staging"
)

// disk is a directory as a Store, with what is known from earlier runs.
func (m *history) disk(dir *os.Root) (tree.Store, *leftovers) {
	l := &leftovers{told: m.told}
	d := &staging.Disk{Dir: dir}
	d.Options.Left = l.saw
	if !m.forget {
		d.Options.Marks = marks{m}
	}
	return d, l
}
