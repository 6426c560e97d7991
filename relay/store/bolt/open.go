package bolt

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"sesame/relay/store"
	"sesame/relay/store/journal"
)

// Files of a store in its directory.
const (
	fileState   = "state"
	fileNew     = "state.new"      // a copy that isn't whole yet
	fileLock    = "lock"           // held by the process that uses the others
	fileDamaged = "state.damaged-" // and when that was noticed

	logOfDamaged = ".log-" // behind that: a log of it, and its number
)

// damagedKept is how many damaged files are kept; older ones make room.
const damagedKept = 2

// ErrInUse says that another process uses the directory.
var ErrInUse = errors.New("store: another process uses this directory")

// lockTime is how long the process before may take to end.
const lockTime = time.Second

// Open returns the store in a directory, which it makes if need be. A file that is damaged
// is put aside, and the store is empty then: Stats and the log tell. It
// is ErrInUse if another process uses the directory, and ErrFormat if a newer version
// of this program wrote what is there.
func Open(dir string, cfg Config) (*Store, error) { return openBounded(dir, cfg, usual) }

func openBounded(dir string, cfg Config, b bounds) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockWithin(filepath.Join(dir, fileLock), lockTime)
	if err != nil {
		return nil, err
	}
	s := &Store{
		now: cfg.Now, lock: lock, news: store.NewNews(store.Hints),
		queue: make(chan *change, most), stop: make(chan struct{}), idle: make(chan struct{}),
	}
	if err := s.open(dir, cfg.Logger, b); err != nil {
		lock.Close()
		return nil, err
	}
	go s.commitAll()
	return s, nil
}

// lockWithin waits for a lock, but not for long.
func lockWithin(path string, patience time.Duration) (*os.File, error) {
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		f, err := tryLock(path)
		if !errors.Is(err, ErrInUse) || time.Since(start) > patience {
			return f, err
		}
	}
}

// open brings the file in order and opens it, with what logs say above it.
func (s *Store) open(dir string, log *slog.Logger, b bounds) error {
	path, copied := filepath.Join(dir, fileState), filepath.Join(dir, fileNew)
	if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	found, err := look(path, s.now())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errDamaged):
		aside, err := putAside(dir, s.now())
		if err != nil {
			return err
		}
		s.counts.reset = true
		log.Error("what was kept is damaged: begun anew without it. Who waits here has to come again; see whether the disk is well", "kept as", filepath.Join(dir, aside))
	case err != nil:
		return err
	}
	s.lives.apply(found.ends)
	// bbolt's own opening finds faults in ways that can't be survived, and doesn't give
	// space back: so what is written to is a copy that this process has made.
	if err := copyFile(copied, path, found); err == nil {
		err = errors.Join(os.Rename(copied, path), journal.SyncDir(dir))
		if err != nil {
			return err
		}
	} else if os.Remove(copied); !found.there {
		return err
	} else {
		log.Warn("no room for a copy of what is kept: going on with the file as it is", "error", err)
	}
	o := settings(false)
	o.InitialMmapSize = room
	o.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		s.file.of, err = os.OpenFile(name, flag, mode)
		return s.file.of, err
	}
	if s.file.db, err = bbolt.Open(path, 0o600, o); err != nil {
		return err
	}
	if found.totals.mark == (journal.Mark{}) && s.file.db.Sync() == nil {
		journal.Remove(dir) // what the end of a process has left, whose file has it all
	}
	s.points = newCheckpointer(dir, &s.file, &s.layers, log, b)
	s.layers.active = newOverlay(found.totals.version)
	s.takeUp(found.logged, log)
	return nil
}

// takeUp has the file hold what logs held, as after any other start. Where it can't, the logs stay.
func (s *Store) takeUp(l logged, log *slog.Logger) {
	if l.journal == nil {
		return
	}
	log.Info("the process before was killed: what it had answered is taken from its log", "commits", l.count, "cut", l.torn)
	s.layers.active = l.overlay
	if err := s.points.empty(); err != nil {
		log.Warn("no room in the state file for what is in the log: trying again", "error", err)
		s.points.resume(l.journal)
		return
	}
	s.layers.active = newOverlay(l.overlay.version)
}

func settings(readOnly bool) *bbolt.Options {
	return &bbolt.Options{
		ReadOnly: readOnly, Timeout: lockTime,
		// A list of free pages that is written with each commit costs more than one that is
		// made anew at each start.
		NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	}
}

// putAside renames a damaged file and its logs, and removes the oldest ones.
func putAside(dir string, now time.Time) (name string, err error) {
	old, err := filepath.Glob(filepath.Join(dir, fileDamaged+"*"))
	if err != nil {
		return "", err
	}
	times := make(map[string][]string) // paths by the names that files and logs of one moment begin with
	for _, path := range old {
		of, _, _ := strings.Cut(filepath.Base(path), logOfDamaged)
		times[of] = append(times[of], path)
	}
	names := slices.Sorted(maps.Keys(times))
	for _, name := range names[:max(0, len(names)-damagedKept+1)] {
		for _, path := range times[name] {
			if err := os.Remove(path); err != nil {
				return "", err
			}
		}
	}
	name = fileDamaged + now.UTC().Format("20060102T150405.000000000Z")
	for times[name] != nil {
		name = strings.TrimSuffix(name, "Z") + "0Z"
	}
	// In this order: logs without a file are damaged, too, if this doesn't come to its end.
	err = os.Rename(filepath.Join(dir, fileState), filepath.Join(dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	logs, err := journal.Files(dir)
	for _, path := range logs {
		to := name + logOfDamaged + strings.TrimPrefix(filepath.Ext(path), ".log-")
		err = errors.Join(err, os.Rename(path, filepath.Join(dir, to)))
	}
	return name, err
}
