//go:build unix && !linux

package coredump

func forbid() error { return limit() }
