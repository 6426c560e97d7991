// Package journal keeps what was committed in logs, until somebody has put it in a better place: one record
// behind the other, each with one sync, in numbered files of one directory.
//
//	caller                                  journal
//	Begin                              ->   era.log-1
//	Append, Append …                   ->   a record and a sync each, before it returns
//	Rotate                             ->   log-2; what is appended now goes there
//	(what log 1 holds is put elsewhere, and that the next one is 2)
//	Drop(2)                            ->   log 1 is gone, or written over as log 3
//
//	Read(era, 2, …)                    ->   after the process was killed: what is in 2 and those after it
//
// Package bolt's bbolt can't do that as cheaply: a transaction of it is two syncs and a dozen pages, a record one
// sync and mostly one page. No library was found that is a log and not a whole store of its own.
//
// After a sync that failed nobody knows what of a file is on the disk, whatever a later sync says; so nothing more is
// appended to that log, and the next one begins with the same number of a record.
package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// prefix is how the files are called, before their numbers.
const prefix = "state.log-"

// Bounds on logs, in bytes.
const (
	mostReused = 16 << 20  // a larger one isn't written over, but removed
	mostRead   = 256 << 20 // a larger one was never written: it is damaged
	mostHeld   = 1 << 20   // a larger piece of memory isn't kept for the next record
	ahead      = 128 << 10 // what a log is made longer by at once
)

// A Mark says which logs there are behind what was put elsewhere. The zero Mark: none.
type Mark struct {
	Era   uint64 // which logs belong together; never 0
	First uint64 // the number of the first one
	Last  uint64 // the number of the last record that isn't in them any more
}

// A Journal appends records to the newest log. Its methods are for one goroutine at a time.
type Journal struct {
	dir    string
	tag    tag
	oldest uint64
	file   *os.File // the newest log; nil if nothing more may be appended to it
	end    int64    // of what is in it
	size   int64    // of the file
	last   uint64   // record
	spare  string   // a file that may be written over
	record []byte
}

// Begin begins with a first log and no records, and removes what there was. Nothing is to be appended before
// its Mark is on the disk somewhere.
func Begin(dir string) (*Journal, error) {
	if err := Remove(dir); err != nil {
		return nil, err
	}
	var era [8]byte
	rand.Read(era[:])
	j := &Journal{dir: dir, tag: tag{era: binary.BigEndian.Uint64(era[:]) | 1}, oldest: 1}
	if _, err := j.Rotate(); err != nil {
		return nil, err
	}
	return j, nil
}

// Mark returns where the logs are that there are now, for when everything of them is elsewhere but what was and will be
// appended to the newest.
func (j *Journal) Mark() Mark { return Mark{j.tag.era, j.tag.number, j.last} }

// Logs is how many logs there are.
func (j *Journal) Logs() int { return int(j.tag.number - j.oldest + 1) }

// Size is how many bytes are in the newest log.
func (j *Journal) Size() int64 { return j.end }

// Append appends a text to the newest log, or to the next one if a sync of that has failed. When it returns nil
// it is on the disk; otherwise it may be.
func (j *Journal) Append(text []byte) error {
	if j.file == nil {
		if _, err := j.Rotate(); err != nil {
			return err
		}
	}
	j.record = j.tag.seal(append(room(j.record), text...), j.last+1)
	n := int64(len(j.record))
	if _, err := j.file.WriteAt(j.record, j.end); err != nil {
		return err // the next one is written over it
	}
	j.lengthen()
	if err := dataSync(j.file); err != nil {
		j.file.Close()
		j.file = nil
		return err
	}
	j.end += n
	j.last++
	if cap(j.record) > mostHeld {
		j.record = nil
	}
	return nil
}

// lengthen gives the file pages ahead of those that will be written, if what was just written is at its end: otherwise
// each sync has the file system write down, too, where another page is. Where there is no room it does nothing.
func (j *Journal) lengthen() {
	at := j.end + int64(len(j.record))
	if at <= j.size {
		return
	}
	var zero [page]byte
	for ; at%ahead != 0; at += page { // pages that are written together may be written together ever after
		if _, err := j.file.WriteAt(zero[:], at); err != nil {
			break
		}
	}
	j.size = at
}

// Rotate begins the next log, and returns its number.
func (j *Journal) Rotate() (number uint64, err error) {
	path := j.path(j.tag.number + 1)
	if j.spare != "" {
		if err := os.Rename(j.spare, path); err != nil {
			return 0, err
		}
		j.spare = ""
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err == nil {
		err = SyncDir(j.dir)
	}
	if err != nil {
		f.Close()
		return 0, err
	}
	j.Close()
	j.file, j.end, j.size = f, 0, info.Size()
	j.tag.number++
	return j.tag.number, nil
}

// Drop removes the logs before one, which are of no use any more.
func (j *Journal) Drop(before uint64) {
	for ; j.oldest < min(before, j.tag.number); j.oldest++ {
		path := j.path(j.oldest)
		if info, err := os.Lstat(path); j.spare == "" && err == nil && info.Size() <= mostReused {
			j.spare = path
		} else {
			os.Remove(path) // one that is left over is never read
		}
	}
}

// Close closes the newest log, and leaves all there.
func (j *Journal) Close() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

func (j *Journal) path(number uint64) string {
	return filepath.Join(j.dir, prefix+strconv.FormatUint(number, 10))
}

// Files returns the paths of all logs in a directory, whether they are of use or not.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var paths []string
	for _, e := range entries {
		if _, ok := numberOf(e.Name()); ok {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, err
}

// numberOf returns the number of the log that a name is of.
func numberOf(name string) (number uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, ok && err == nil && digits == strconv.FormatUint(number, 10)
}

// Remove removes all logs.
func Remove(dir string) error {
	paths, err := Files(dir)
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// What Read has found.
type Found struct {
	Journal *Journal // to go on with, behind all of it: nothing more is appended to those logs themselves
	Texts   [][]byte // what was appended, in its order; of a fresh memory
	Torn    bool     // the last record was cut, while nobody had an answer yet
}

// Read returns what is in the logs behind a mark. It is ErrDamaged if something is missing there, or isn't
// what was written.
func Read(dir string, m Mark) (Found, error) {
	paths, err := Files(dir)
	if err != nil {
		return Found{}, err
	}
	var numbers []uint64
	for _, path := range paths {
		if n, _ := numberOf(filepath.Base(path)); n >= m.First {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	found := Found{Journal: &Journal{dir: dir, tag: tag{m.Era, m.First}, oldest: m.First}}
	j := found.Journal
	if len(numbers) == 0 {
		return Found{}, fmt.Errorf("%w: there is none", ErrDamaged)
	}
	var logs [][]record
	for i, n := range numbers {
		if n != m.First+uint64(i) {
			return Found{}, fmt.Errorf("%w: number %d is missing", ErrDamaged, m.First+uint64(i))
		}
		j.tag.number = n
		b, err := readFile(j.path(n))
		if err != nil {
			return Found{}, err
		}
		records, torn, err := j.tag.read(b)
		if err != nil {
			return Found{}, err
		}
		found.Torn = torn
		logs = append(logs, records)
	}
	found.Texts, j.last, err = join(m.Last, logs)
	return found, err
}

// readFile reads a file that may have been made larger than any log is.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > mostRead:
		return nil, ErrDamaged
	}
	b := make([]byte, info.Size())
	_, err = io.ReadFull(f, b)
	if err != nil {
		err = &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return b, err
}
