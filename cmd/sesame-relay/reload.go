package main

import (
	"log/slog"
	"slices"

	"sesame/cmd/sesame-relay/settings"
	"sesame/relay"
)

// config returns what s says to a server, with what is in the files that it names.
func config(s *settings.Settings) (*relay.Config, error) {
	cfg := &relay.Config{
		Limits: s.Limits, Names: slices.Concat(s.Names, s.Domains), List: s.List, Pairs: s.Pairs, Proxies: s.TrustProxy,
		MOTD: s.MOTD, Refusal: s.SignalError, CLIVersion: s.AdvertiseVersion, Contact: s.Contact, Level: s.Level,
	}
	return cfg, readLists(s, cfg)
}

// reload reads the settings again and has srv take what a running server takes. If
// something is wrong with them nothing changes, and the log says what.
func reload(line settings.Line, s *settings.Settings, srv *relay.Server, log *slog.Logger) {
	now, _, err := line.Read()
	if err == nil {
		_, err = config(now)
	}
	if err != nil {
		log.Error("the settings stay as they were", "error", err)
		return
	}
	changed, fixed := s.Changed(now)
	s.Take(now)
	cfg, err := config(s)
	if err != nil {
		log.Error("the settings stay as they were", "error", err) // a file has just changed again
		return
	}
	srv.Change(cfg)
	lonely(s, cfg, log)
	log.Info("read the settings again", "changed", changed)
	if len(fixed) > 0 {
		log.Warn("some settings take effect only when the server is started again", "settings", fixed)
	}
}

func level(s *settings.Settings) slog.Level {
	switch {
	case s.Quiet:
		return slog.LevelWarn
	case s.Verbose:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
