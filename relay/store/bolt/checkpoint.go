package bolt

import (
	"log/slog"
	"time"

	"sesame/relay/store/journal"
)

// Bounds say when what was committed is written to the file, and how much may wait for it.
type bounds struct {
	bytes int           // of a log, or in memory
	age   time.Duration // of the oldest change
	logs  int           // there is more than one if syncs fail
	full  int           // so many times as much, and nothing is committed before some of it is in the file
}

// What a start has to do again takes some tenths of a second, and nearly all meetings are over before they would be
// written; what is in memory is little beside a mailbox for each of so many clients.
var usual = bounds{bytes: 8 << 20, age: 30 * time.Second, logs: 8, full: 4}

// retry is after which time it is tried again to write what couldn't be written to the file.
const retry = time.Second

// A checkpointer keeps what is committed in logs, and moves it into the file. Its methods are called by one
// goroutine at a time.
type checkpointer struct {
	dir    string
	file   *file
	layers *layers
	log    *slog.Logger
	bounds bounds

	journal *journal.Journal // nil: nothing was committed that isn't in the file
	marked  bool             // the file says that there are logs
	since   time.Time        // when the active overlay had its first change; zero: it has none
	next    journal.Mark     // once the frozen overlay is in the file
	writing bool             // that, at the moment
	done    chan error       // when it is
	again   time.Time        // not before that, since it failed
	failed  error            // why
	due     *time.Timer      // when there is something to do
}

func newCheckpointer(dir string, f *file, l *layers, log *slog.Logger, b bounds) *checkpointer {
	c := &checkpointer{dir: dir, file: f, layers: l, log: log, bounds: b, done: make(chan error, 1), due: time.NewTimer(time.Hour)}
	c.due.Stop()
	return c
}

// keep makes durable what a transaction has done, and then shows it.
func (c *checkpointer) keep(t *transaction) error {
	if err := c.begin(); err != nil {
		return err
	}
	if err := c.journal.Append(t.log); err != nil {
		return err
	}
	if c.since.IsZero() {
		c.since = time.Now()
	}
	c.layers.apply(t)
	return nil
}

// begin begins the first log, and has the file say so.
func (c *checkpointer) begin() (err error) {
	if c.marked {
		return nil
	}
	// If the file was told of these logs in vain, it may have been told all the same: so they stay.
	if c.journal == nil {
		if c.journal, err = journal.Begin(c.dir); err != nil {
			return err
		}
	}
	err = c.file.write(func(_ pages, t *totals) error {
		t.mark = c.journal.Mark()
		return nil
	})
	c.marked = err == nil
	return err
}

// resume goes on with logs that were read, of which nothing is in the file: the active overlay has it.
func (c *checkpointer) resume(j *journal.Journal) {
	c.journal, c.marked = j, true
	c.since = time.Now()
	c.postpone(nil)
}

// reached reports whether so many times as much as the bounds say waits for being written to the file.
func (c *checkpointer) reached(times int) bool {
	active, _ := c.layers.now()
	b := c.bounds
	return c.journal != nil && (active.bytes >= times*b.bytes || c.journal.Size() >= int64(times*b.bytes) || c.journal.Logs() >= times*b.logs)
}

// room waits until there is room for more in logs and memory.
func (c *checkpointer) room() error {
	for c.reached(c.bounds.full) {
		if !c.writing && !c.start() {
			return c.failed
		}
		if c.settle(<-c.done); c.failed != nil {
			return c.failed
		}
	}
	return nil
}

// see begins to write to the file if that is due, and says when it will be.
func (c *checkpointer) see() {
	if c.writing || c.journal == nil {
		return
	}
	now := time.Now()
	_, frozen := c.layers.now()
	wait := time.Duration(0)
	switch {
	case frozen != nil:
	case c.since.IsZero():
		return
	case !c.reached(1):
		wait = c.bounds.age - now.Sub(c.since)
	}
	if wait = max(wait, c.again.Sub(now)); wait > 0 {
		c.due.Reset(wait)
		return
	}
	c.start()
}

// start begins to write to the file what is frozen, or all that there is, and reports whether it has. It
// doesn't before its time if it has just failed.
func (c *checkpointer) start() bool {
	if time.Now().Before(c.again) {
		return false
	}
	_, frozen := c.layers.now()
	if frozen == nil {
		if _, err := c.journal.Rotate(); err != nil {
			c.postpone(err)
			return false
		}
		c.next = c.journal.Mark()
		c.layers.freeze()
		c.since = time.Time{}
		_, frozen = c.layers.now()
	}
	next := c.next
	c.writing = true
	go func() {
		c.done <- c.file.write(func(p pages, t *totals) error {
			t.mark = next
			return p.fold(frozen, t)
		})
	}()
	return true
}

// settle hears how it went.
func (c *checkpointer) settle(err error) {
	c.writing = false
	if err != nil {
		c.postpone(err)
		return
	}
	c.failed = nil
	c.layers.thaw()
	c.journal.Drop(c.next.First)
	c.see()
}

// postpone has it tried again a little later.
func (c *checkpointer) postpone(err error) {
	if err != nil && c.failed == nil {
		c.log.Warn("what was answered is in the log, but can't be written to the state file: trying again", "error", err)
	}
	c.failed = err
	c.again = time.Now().Add(retry)
	c.due.Reset(retry)
}

// finish writes all to the file, so that no log is needed any more.
func (c *checkpointer) finish() {
	for c.writing { // after the frozen overlay it may be the turn of the other one
		c.settle(<-c.done)
	}
	c.due.Stop()
	if c.journal == nil {
		return
	}
	c.journal.Close()
	if err := c.empty(); err != nil {
		c.log.Warn("what was answered stays in the log until the next start, since it can't be written to the state file", "error", err)
	}
}

// empty writes all to the file, and removes the logs. Nothing else is going on.
func (c *checkpointer) empty() error {
	active, frozen := c.layers.now()
	err := c.file.write(func(p pages, t *totals) error {
		t.mark = journal.Mark{}
		if frozen != nil {
			if err := p.fold(frozen, t); err != nil {
				return err
			}
		}
		return p.fold(active, t)
	})
	if err == nil {
		journal.Remove(c.dir) // what stays is no longer looked at
	}
	return err
}
