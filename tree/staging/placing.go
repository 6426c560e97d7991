package staging

import (
	"encoding/json"
	"fmt"
	"io"
)

// A placing says that Name, which is the thing that Dev and Ino tell, is about
// to become Final. The file of that name holds a list of them, written before
// the first name becomes final, so that after a crash in between the next run
// knows its own work again. It is a hint: what it says is compared with what is
// there.
type placing struct {
	Name  string `json:"name"`
	Final string `json:"final"`
	Dev   uint64 `json:"dev"`
	Ino   uint64 `json:"ino"`
}

const maxPlacing = 64 << 20 // bytes of the file

// asideName is where the k-th thing of the list goes what stands in its way,
// if the system can't exchange the two.
func asideName(k int) string { return fmt.Sprintf("aside.%d", k) }

// readPlacing returns what an earlier run was about to do, nothing if it left
// no list that makes sense.
func (p *area) readPlacing() []placing {
	f, err := p.root.edit(placingName, false)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPlacing))
	var list []placing
	if err != nil || json.Unmarshal(text, &list) != nil {
		return nil
	}
	return list
}

// writePlacing replaces the list.
func (p *area) writePlacing(list []placing) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	const next = placingName + ".new"
	if err := removeAll(p.root, next); err != nil {
		return err
	}
	f, err := p.root.create(next, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil && !p.opts.NoSync {
		err = syncData(f)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = p.root.rename(next, p.root, placingName)
	}
	return err
}
