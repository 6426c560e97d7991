package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sesame/internal/safetext"
)

// newLog returns a log for the person at this computer, who asked for it:
// addresses appear in it, but no code, key, token, name or text (doc/threats.md).
func newLog(ui *terminal) *slog.Logger {
	return slog.New(&logHandler{ui: ui, begun: time.Now()})
}

// A logHandler writes records as plain lines, with the seconds since the program
// began.
type logHandler struct {
	ui    *terminal
	begun time.Time
	attrs string // of With, written already
}

func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(safetext.Line(r.Message, 200))
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, a)
		return true
	})
	h.ui.report(logged{r.Time.Sub(h.begun).Round(time.Millisecond).Seconds(), b.String()})
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		writeAttr(&b, a)
	}
	return &logHandler{h.ui, h.begun, h.attrs + b.String()}
}

// WithGroup returns h: the few names that are used here need no prefix.
func (h *logHandler) WithGroup(string) slog.Handler { return h }

func writeAttr(b *strings.Builder, a slog.Attr) {
	fmt.Fprintf(b, ", %s %s", safetext.Line(a.Key, 40), safetext.Line(a.Value.Resolve().String(), 1000))
}

// logged is a line of the log.
type logged struct {
	Seconds float64 `json:"seconds"` // since the program began
	Text    string  `json:"text"`
}

func (logged) name() string    { return "log" }
func (l logged) words() string { return fmt.Sprintf("[%7.3f] %s\n", l.Seconds, l.Text) }
