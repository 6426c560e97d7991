package manifest

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sesame/internal/safetext"
)

// maxWindowsPath is what programs there can be expected to open, in UTF-16
// units.
const maxWindowsPath = 259

// PortableError reports why Windows can't hold path as it is written: a device
// name such as "nul.txt", a character such as ":", a dot or space at the end of
// a name, too great a length. It returns nil if nothing is wrong. Source:
// doc/native.md §6.6.
func PortableError(path string) error {
	if rule := portableRule(path); rule != "" {
		return errors.New(safetext.Line(path, 80) + " " + rule)
	}
	return nil
}

func portableRule(path string) string {
	// Bytes are never fewer than UTF-16 units.
	if len(path) > maxWindowsPath && len(utf16.Encode([]rune(path))) > maxWindowsPath {
		return "has too long a path for Windows"
	}
	for name := range strings.SplitSeq(path, "/") {
		switch {
		case strings.ContainsAny(name, windowsChars+`\`) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
			return "has a character in its name that Windows doesn't allow"
		case endsBadly(name):
			return "has a name that ends in a dot or a space"
		case windowsDevice(name):
			return "has the name of a device on Windows"
		}
	}
	return ""
}

// windowsChars have a meaning of their own on Windows; a colon names a stream.
const windowsChars = `<>:"|?*`

// endsBadly reports whether a name ends in what Windows drops, so that it would be
// another one.
func endsBadly(name string) bool { return strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") }

// AnyDisk returns name with an underscore for each character that some disk can't
// have in a name, of Windows or with its file systems. What is left may still end
// badly, be a device's or be too long.
func AnyDisk(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || strings.ContainsRune(windowsChars+`/\`, r) {
			return '_'
		}
		return r
	}, name)
}

// windowsDevice reports whether Windows takes a file name for a device, whatever
// follows the first dot.
func windowsDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if number, ok := strings.CutPrefix(stem, "COM"); ok {
		return isPort(number)
	}
	if number, ok := strings.CutPrefix(stem, "LPT"); ok {
		return isPort(number)
	}
	return false
}

// isPort reports whether s is one digit, raised ones included.
func isPort(s string) bool {
	switch s {
	case "¹", "²", "³":
		return true
	}
	return len(s) == 1 && s[0] >= '0' && s[0] <= '9'
}
