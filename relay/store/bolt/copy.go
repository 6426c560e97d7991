package bolt

import (
	"os"
	"slices"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
)

// copyAtOnce is how many records are copied in one transaction.
const copyAtOnce = 1000

// copyFile makes a file of those records of another, if there is one, whose lives aren't over, or of which logs say something.
func copyFile(to, from string, found survey) error {
	o := settings(false)
	o.NoSync = true // but at the end
	db, err := bbolt.Open(to, 0o600, o)
	if err != nil {
		return err
	}
	defer db.Close()
	all := totals{version: found.totals.version, mark: found.totals.mark}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketHeads, bucketItems} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return pagesOf(tx).setTotals(all)
	})
	if err != nil {
		return err
	}
	if found.there {
		err = eachPage(from, func(old pages) error {
			keys := found.kept()
			slices.SortFunc(keys, compareKeys)
			for part := range slices.Chunk(keys, copyAtOnce) {
				err := db.Update(func(tx *bbolt.Tx) error { return copyRecords(pagesOf(tx), old, part, &all) })
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	if err := db.Sync(); err != nil {
		return err
	}
	furnish(to)
	return nil
}

// room is for how much a file is made ready, in bytes: several thousand mailboxes.
const room = 4 << 20

// furnish gives a file blocks of the disk for what will be written to it. Otherwise each page that is
// written for the first time has the file system write down where it is, too, before the sync
// returns, which takes many times as long. If there is no room it does nothing.
func furnish(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() >= room {
		return
	}
	page := make([]byte, os.Getpagesize())
	for at := info.Size(); at < room; at += int64(len(page)) { // pages that are written together may be written together ever after
		if _, err := f.WriteAt(page, at); err != nil {
			f.Truncate(info.Size())
			break
		}
	}
	f.Sync()
}

// copyRecords copies some records, and counts them.
func copyRecords(to, from pages, keys []store.Key, all *totals) error {
	for _, k := range keys {
		key := keyOf(k)
		kept := from.heads.Get(key)
		if kept == nil { // it is in the logs alone
			continue
		}
		if err := to.heads.Put(key, slices.Clone(kept)); err != nil {
			return err
		}
		all.records++
		for n := range from.items(key) {
			entry := itemKey(key, n)
			if err := to.all.Put(entry, slices.Clone(from.all.Get(entry))); err != nil {
				return err
			}
			all.items++
		}
	}
	return to.setTotals(*all)
}
