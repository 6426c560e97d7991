package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"sesame/cmd/sesame-relay/settings"
	"sesame/relay/store/bolt"
)

// openState returns where mailboxes are kept, nil if that is in memory. Where nobody has named a
// directory, and the usual one can't be had, it is, and the log says so.
func openState(s *settings.Settings, log *slog.Logger) (*bolt.Store, error) {
	dir := s.State
	if dir == settings.NoState {
		log.Info("mailboxes are kept in memory only, as --state none says: a restart forgets them")
		return nil, nil
	}
	b, err := bolt.Open(dir, bolt.Config{Logger: log})
	switch {
	case err == nil:
		log.Info("mailboxes are kept on disk", "state", dir)
		return b, nil
	case errors.Is(err, bolt.ErrFormat), s.From("state") != settings.Default, len(s.Domains) > 0:
		return nil, explainState(dir, err)
	}
	log.Warn("MAILBOXES ARE KEPT IN MEMORY ONLY: a restart forgets them. Name a directory with --state that this user can write, or say --state none", "error", explainState(dir, err))
	return nil, nil
}

// explainState says what to do about a directory that can't be had.
func explainState(dir string, err error) error {
	var hint string
	switch {
	case errors.Is(err, bolt.ErrInUse):
		hint = "another sesame-relay uses it: stop that one, or give this one a directory of its own with --state"
	case errors.Is(err, bolt.ErrFormat):
		hint = "a newer sesame-relay wrote what is there: run that one, or give this one another directory with --state"
	case errors.Is(err, os.ErrPermission):
		hint = "this user may not write there: give another directory with --state, or --state none to keep nothing"
	default:
		hint = "give another directory with --state, or --state none to keep nothing"
	}
	return fmt.Errorf("can't use the state directory %s: %w (%s)", dir, err, hint)
}
