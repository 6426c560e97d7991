package main

import (
	"log/slog"
	"slices"

	"sesame/cmd/sesame-relay/settings"
	"sesame/relay"
)

// config returns what s says to a server, with what is in the files that it names.
func config(s *settings.Settings) (*relay.Config, error) {
	l, err := readLists(s)
	return configWith(s, l), err
}

// configWith is config of files that have been read.
func configWith(s *settings.Settings, l lists) *relay.Config {
	return &relay.Config{
		Limits: s.Limits, Names: slices.Concat(s.Names, s.Domains), List: s.List, Pairs: s.Pairs, Proxies: s.TrustProxy,
		MOTD: s.MOTD, Refusal: s.SignalError, CLIVersion: s.AdvertiseVersion, Contact: s.Contact, Level: s.Level,
		Tokens: l.tokens, Blocked: l.blocked,
	}
}

// reload reads the settings again and has srv take what a running server takes. If
// something is wrong with them nothing changes, and the log says what.
func reload(line settings.Line, s *settings.Settings, srv *relay.Server, log *slog.Logger) {
	now, _, err := line.Read()
	var l lists
	if err == nil {
		l, err = readLists(now) // once: they may be long, and change
	}
	if err != nil {
		log.Error("the settings stay as they were", "error", err)
		return
	}
	changed, fixed := s.Changed(now)
	s.Take(now)
	cfg := configWith(s, l)
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
