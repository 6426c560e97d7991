package deliver

import (
	"os"
	"sync"

	"sesame/tree/staging"
)

// memory remembers marks until the test program ends.
type memory struct{ sync.Map }

var remembered memory

func (m *memory) Add(mark string) error { m.Store(mark, true); return nil }
func (m *memory) Remove(mark string)    { m.Delete(mark) }
func (m *memory) Has(mark string) bool  { _, ok := m.Load(mark); return ok }

// disk is a directory as a Store.
func disk(dir *os.Root) *staging.Disk {
	return &staging.Disk{Dir: dir, Options: staging.Options{Marks: &remembered}}
}

// blockSize is something that is more than a record.
const blockSize = 256 << 10
