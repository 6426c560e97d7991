//go:build linux

package benchnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A flow is something that crosses a scene, or several things that do so at the same
// time. Its name says which one it is of a row's.
type flow struct {
	name string
	run  func(s *scene, size int64) outcome
}

// An outcome is what became of a flow. The zero value is that of one that failed.
type outcome struct {
	rate    rate               // from the first byte of content to the last
	says    map[string]float64 // further figures, by their names in demands
	command string             // what was run, as a person would type it
	control string             // which controllers of congestion its TCP had, as ss says
	notes   []string           // what a reader should know, such as that it was stopped
	trace   map[string]string  // what sockets and programs said, by file name
}

// keep writes what o has as a trace into files of that name and more, if that is
// wanted.
func (o outcome) keep(name string) error {
	if *traces == "" {
		return nil
	}
	name = strings.NewReplacer(" ", "_", "/", "-", ",", "", "%", "pc", ":", "").Replace(name)
	for what, text := range o.trace {
		if err := os.WriteFile(filepath.Join(*traces, name+"."+what), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (o outcome) String() string {
	text := fmt.Sprintf("%v Mbit/s", o.rate)
	for _, name := range sorted(o.says) {
		text += fmt.Sprintf("; %s %.2f", name, o.says[name])
	}
	if o.control != "" {
		text += "; " + o.control
	}
	for _, n := range o.notes {
		text += "; " + n
	}
	return text
}
