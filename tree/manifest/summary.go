package manifest

import (
	"strings"

	"sesame/internal/safetext"
)

// A Summary is what a person should know before saying yes. Source:
// doc/native.md §6.8.
type Summary struct {
	Files, Dirs, Links int
	Bytes              int64 // of the files whose size is known
	Streams            int   // files whose size is not known
	Skipped            int   // left out by the sender; one that stands for more counts once

	// What deserves a look. One entry may be in several.
	HiddenTop Unusual // dot-files at the top level: never accepted without being asked for
	Hidden    Unusual // dot-files anywhere, the top level included
	Programs  Unusual // files with the x-bit, or that Windows runs by their name
	Autorun   Unusual // what starts, or changes what starts, without being opened
}

// Unusual counts entries of one sort and names the first few, in the form that
// safetext.Line makes.
type Unusual struct {
	Count int
	First []string
}

const unusualNamed = 5

func (u *Unusual) add(path string) {
	if u.Count++; len(u.First) < unusualNamed {
		u.First = append(u.First, safetext.Line(path, 120))
	}
}

// Summary counts what is in m.
func (m *Manifest) Summary() *Summary {
	s := &Summary{Bytes: m.Total(), Skipped: len(m.Skipped)}
	for i := range m.Entries {
		e := &m.Entries[i]
		switch {
		case e.Kind == Dir:
			s.Dirs++
		case e.Kind == Link:
			s.Links++
		case e.Size == StreamSize:
			s.Files++
			s.Streams++
		default:
			s.Files++
		}
		name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
		if name[0] == '.' {
			s.Hidden.add(e.Path)
			if len(name) == len(e.Path) {
				s.HiddenTop.add(e.Path)
			}
		}
		if isProgram(e, name) {
			s.Programs.add(e.Path)
		}
		if e.Kind != Dir && isAutorun(e.Path, name) {
			s.Autorun.add(e.Path)
		}
	}
	return s
}

// mark returns what Tree says of an entry besides its size, or "".
func mark(e *Entry) string {
	name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	switch {
	case e.Kind != Dir && isAutorun(e.Path, name):
		return "⚠ may start by itself"
	case isProgram(e, name):
		return "⚠ program"
	case name[0] == '.':
		return "⚠ hidden"
	}
	return ""
}

func isProgram(e *Entry, name string) bool {
	if e.Kind != File {
		return false
	}
	if e.Exec {
		return true
	}
	switch strings.ToLower(extension(name)) {
	case ".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".msi", ".ps1", ".vbs", ".vbe", ".wsf", ".hta", ".command":
		return true
	}
	return false
}

// isAutorun reports whether a file of this name, in a folder where it is looked
// for, is acted on by a desktop, a shell or a tool without anybody opening it.
func isAutorun(path, name string) bool {
	switch strings.ToLower(extension(name)) {
	case ".desktop", ".lnk", ".url", ".scf", ".library-ms", ".search-ms":
		return true
	}
	switch strings.ToLower(name) {
	case "desktop.ini", "autorun.inf", ".directory",
		".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile",
		".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".cshrc", ".tcshrc", ".login",
		".xinitrc", ".xsession", ".xsessionrc", ".xprofile", ".inputrc", ".pam_environment",
		".vimrc", ".exrc", ".emacs", ".gdbinit", ".lldbinit", ".envrc", ".netrc", ".npmrc", ".pypirc",
		".pythonrc", ".gitconfig", ".rhosts", ".forward", ".tmux.conf", ".screenrc",
		"sitecustomize.py", "usercustomize.py":
		return true
	}
	return inAutorunFolder(path)
}

// autorunFolders are directories in which every file is meant, in lower case.
var autorunFolders = []string{
	".ssh/", ".gnupg/", ".git/hooks/", ".git/config", ".config/autostart/", ".config/systemd/", ".config/fish/",
	".config/git/", ".local/share/applications/", ".vscode/tasks.json", ".idea/runconfigurations/",
	"library/launchagents/", "library/launchdaemons/", "start menu/programs/startup/",
}

// inAutorunFolder reports whether one of autorunFolders begins at some element of
// path. The upper or lower case of ASCII letters makes no difference.
func inAutorunFolder(path string) bool {
	for start := 0; ; {
		switch path[start] {
		case '.', 'l', 'L', 's', 'S': // what all of them begin with
			for _, folder := range autorunFolders {
				if len(path)-start >= len(folder) && equalFold(path[start:start+len(folder)], folder) {
					return true
				}
			}
		}
		i := strings.IndexByte(path[start:], '/')
		if i < 0 {
			return false
		}
		start += i + 1
	}
}

// equalFold compares s with t, which is in lower case and has the same length.
func equalFold(s, t string) bool {
	for i := range len(s) {
		b := s[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != t[i] {
			return false
		}
	}
	return true
}

// extension returns what is from the last dot on, or "".
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}
