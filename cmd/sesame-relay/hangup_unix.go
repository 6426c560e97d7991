//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyReload has c told when the settings are to be read again.
func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) }
