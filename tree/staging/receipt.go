package staging

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"sesame/tree"
)

// A receipt is a mark that says of a directory that this transfer has put it in
// place: so the next run of the same one completes it there, whatever else its owner
// has put in it since.
func (o *Options) receipt(st stat) (mark string, ok bool) {
	if o.ID == (tree.ID{}) || o.Marks == nil || st.kind != directory || st.ino == 0 {
		return "", false
	}
	text := append([]byte("placed"), o.ID[:]...)
	text = binary.BigEndian.AppendUint64(text, st.dev)
	text = binary.BigEndian.AppendUint64(text, st.ino)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), true
}

// signed remembers that the directory which st describes was placed.
func (o *Options) signed(st stat) {
	if mark, ok := o.receipt(st); ok {
		if err := o.Marks.Add(mark); err != nil {
			o.Logger.Debug("what was placed can't be remembered", "err", err)
		}
	}
}

// placed reports whether the directory which st describes was placed by this transfer.
func (o *Options) placed(st stat) bool {
	mark, ok := o.receipt(st)
	return ok && o.Marks.Has(mark)
}
