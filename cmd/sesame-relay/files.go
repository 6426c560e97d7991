package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"sesame/cmd/sesame-relay/settings"
	"sesame/relay"
	"sesame/relay/trust"
)

// maxList is how many bytes a list in a file may have.
const maxList = 64 << 20

// Lists are what is in the files that settings name.
type lists struct {
	tokens  []relay.Token // nil: there is no such file
	blocked *trust.Set    // likewise
}

// readLists reads the files that s names.
func readLists(s *settings.Settings) (l lists, err error) {
	if s.TokenFile != "" {
		text, err := readList(s.TokenFile)
		if err != nil {
			return l, unreadable("token-file", s.TokenFile, err)
		}
		if l.tokens, err = parseTokens(s.TokenFile, text); err != nil {
			return l, err
		}
	}
	if s.BlockList != "" {
		text, err := readList(s.BlockList)
		if err != nil {
			return l, unreadable("block-list", s.BlockList, err)
		}
		if l.blocked, err = trust.ParseSet(s.BlockList, text); err != nil {
			return l, err
		}
	}
	return l, nil
}

// unreadable says what to do about a file that a setting names and that can't be read.
func unreadable(setting, name string, err error) error {
	hint := "name another one with " + setting + ", or leave that out"
	if errors.Is(err, fs.ErrPermission) {
		hint = "the user that runs this program has to be able to read it"
	}
	return fmt.Errorf("%s %s: %w (%s)", setting, name, plain(err), hint)
}

func readList(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err == nil && len(b) > maxList {
		err = fmt.Errorf("it has more than %d MiB", maxList>>20)
	}
	return string(b), err
}

// lonely warns of a list of tokens with none in it: that is for those who want nobody, and an
// oversight of all others.
func lonely(s *settings.Settings, cfg *relay.Config, log *slog.Logger) {
	if cfg.Tokens != nil && len(cfg.Tokens) == 0 {
		log.Warn("there is no token in the token file, so nobody can meet here: write one a line, as of openssl rand -hex 16, and reload", "token-file", s.TokenFile)
	}
}

// leastToken is how long a token has to be, in bytes, so that nobody finds one by trying.
const leastToken = 16

// parseTokens reads one token a line; those that begin with # are comments. Of the tokens
// only their hashes are kept. No error repeats one.
func parseTokens(name, text string) ([]relay.Token, error) {
	tokens := []relay.Token{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if len(line) < leastToken || len(line) > relay.MaxToken || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s:%d: a token is one line of %d to %d letters, digits and signs", name, n, leastToken, relay.MaxToken)
		}
		tokens = append(tokens, relay.TokenOf(line))
	}
	return tokens, nil
}
