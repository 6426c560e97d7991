package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// A service tells who supervises the program how it is (sd_notify(3)). Where nobody
// does, it tells nobody.
type service struct{ log *slog.Logger }

// tell says in which state the program is.
func (v service) tell(states string) {
	if _, err := daemon.SdNotify(false, states); err != nil {
		v.log.Debug("can't tell the supervisor", "error", err)
	}
}

func (v service) ready()    { v.tell(daemon.SdNotifyReady) }
func (v service) stopping() { v.tell(daemon.SdNotifyStopping) }

// reloading brackets what happens while the settings are read again.
func (v service) reloading() (done func()) {
	v.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	return v.ready
}

// watch says again and again that all is well, as far as check sees it, until ctx ends,
// if the supervisor asked for it. Check returns an error, or doesn't return, if the
// program is of no use any more; then it will be killed and started again. It is given how long
// something may take.
func (v service) watch(ctx context.Context, check func(within time.Duration) error) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every <= 0 {
		return
	}
	tick := time.NewTicker(every / 3)
	defer tick.Stop()
	for {
		if err := check(every / 2); err != nil {
			v.log.Error("the server isn't well", "error", err)
		} else {
			v.tell(daemon.SdNotifyWatchdog)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
