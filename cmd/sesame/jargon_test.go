package main

import (
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// jargon are words that nobody should have to know to send a file, and what systems say
// of errors.
var jargon = sync.OnceValue(func() *regexp.Regexp {
	words := []string{"mailbox(es)?", "nameplates?", "pake", "hints?", "sides?", "phases?", "EOF"}
	for n := syscall.Errno(1); n < 134; n++ {
		switch n { // plain words, which stand behind what couldn't be done
		case syscall.EACCES, syscall.ECONNREFUSED, syscall.EPROTO:
			continue
		}
		if text := n.Error(); !strings.HasPrefix(text, "errno ") {

			words = append(words, regexp.QuoteMeta(text))
		}
	}
	return regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
})

// plain says in words for people what is said in logs in those of the field.
func plain(log string) string {
	return strings.NewReplacer(
		"not a mailbox server", "not a server for sesame", "not to a mailbox server", "not to a server for sesame",
		"list of nameplates", "list of numbers in use", "a nameplate", "a number", "our claim", "our number",
		"mailbox server", "server", "the other side", "the other computer",
	).Replace(log)
}

// Fails if a text for people has a word in it that they would have to learn first.
func TestNoJargon(t *testing.T) {
	argument := regexp.MustCompile(`\{\w+\}`)
	for code, w := range wordings() {
		for _, text := range []string{w.text, w.one, w.hint} {
			if word := jargon().FindString(argument.ReplaceAllString(text, "")); word != "" {
				t.Errorf("%s says %q: %s", code, word, text)
			}
		}
	}
}
