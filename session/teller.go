package session

import (
	"sync"
	"sync/atomic"
	"time"

	"sesame/transit"
)

// A teller tells the user of paths.
type teller struct {
	desk      *desk
	connected func(transit.Path) // nil: nobody is told
	lost      func()
	calls     sync.Mutex              // held while a function of the user's is called
	recent    atomic.Pointer[traffic] // that brought content, or an acknowledgement of it
	news      chan struct{}           // of capacity 1: there may be news of a path
}

func newTeller(d *desk, cfg *Config) *teller {
	return &teller{desk: d, connected: cfg.Connected, lost: cfg.Lost, news: make(chan struct{}, 1)}
}

// noteNews has the user told what may be news.
func (t *teller) noteNews() {
	select {
	case t.news <- struct{}{}:
	default:
	}
}

// call calls a function of the user's, one at a time.
func (t *teller) call(f func()) {
	t.calls.Lock()
	defer t.calls.Unlock()
	f()
}

// tell tells the user what path is used, if that is news. Last says that there will be
// no other time to.
func (t *teller) tell(now time.Time, last bool) {
	t.call(func() {
		var p transit.Path
		var news bool
		t.desk.with(func(st *state) {
			p, news = st.telling.look(&st.lanes, t.recent.Load(), now, last)
		})
		if news {
			t.tellConnected(p, now)
		}
	})
}

// tellConnected tells the user of p, from within call. Who waits until the user was told
// goes on after that: what follows is told afterwards.
func (t *teller) tellConnected(p transit.Path, now time.Time) {
	if t.connected != nil {
		t.connected(p)
	}
	t.desk.with(func(st *state) {
		st.telling.told(p, now)
		st.stirred = true
	})
}

// tellLost tells the user that no path is left, the last of which was that of a lane.
func (t *teller) tellLost(lane *traffic) {
	t.call(func() {
		var unheard bool
		var p transit.Path
		t.desk.with(func(st *state) { unheard, p = !st.telling.begun(), lane.path() })
		if unheard {
			t.tellConnected(p, time.Now())
		}
		t.desk.with(func(st *state) { st.telling.lost() })
		if t.lost != nil {
			t.lost()
		}
	})
}
