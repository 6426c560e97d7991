//go:build unix

package main

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// onReturn calls do whenever the program goes on after it was stopped (Ctrl-Z, then
// fg), until done is called.
func onReturn(do func()) (done func()) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGCONT)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-heard:
				do()
			case <-end:
				return
			}
		}
	}()
	return func() {
		signal.Stop(heard)
		close(end)
		<-ended
	}
}

// stop stops the program, with all that was started in one line with it, as the
// terminal does on Ctrl-Z. It returns when the program goes on: at once if nobody is
// there who could let it, for then the system stops nothing.
func stop() {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGCONT)
	defer signal.Stop(heard)
	if unix.Kill(0, unix.SIGTSTP) != nil {
		return
	}
	select {
	case <-heard:
	case <-time.After(time.Second):
	}
}
