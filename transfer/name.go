package transfer

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"sesame/tree/manifest"
)

// maxName is the longest name in bytes that file systems take.
const maxName = 255

// fallbackName is what a file is called whose offered name holds nothing that
// could be one.
const fallbackName = "download"

// A SafeName is a name for a file or directory that can be created in any
// directory and leads nowhere else: one path element, without control or
// bidirectional characters, not reserved by the system. It is the only thing
// that this package writes under. The zero SafeName is no name.
type SafeName struct {
	s string
}

// ParseName accepts a name that is safe as it is, and says what is wrong with
// any other.
func ParseName(s string) (SafeName, error) {
	if err := CheckElement(s, runtime.GOOS == "windows"); err != nil {
		return SafeName{}, fmt.Errorf("%s can't be used as a name: %w", quoteName(s), err)
	}
	return SafeName{s}, nil
}

// String returns the name, which is safe on disk, but not for a terminal: it
// may hold invisible or confusable characters.
func (n SafeName) String() string { return n.s }

// splitExt splits off a short extension, also ".tar.gz". A dot-file has none.
func splitExt(name string) (stem, ext string) {
	ext = filepath.Ext(name)
	stem = strings.TrimSuffix(name, ext)
	if strings.HasSuffix(stem, ".tar") {
		stem, ext = strings.TrimSuffix(stem, ".tar"), ".tar"+ext
	}
	if strings.Trim(stem, ".") == "" || len(ext) > 20 {
		return name, ""
	}
	return stem, ext
}

// OfferedName makes a SafeName of what a peer calls a file or directory: the
// last path element, of which only what can't stay is escaped. What is shown to
// the user is the result, so nothing changes behind anybody's back.
func OfferedName(s string, windows bool) SafeName {
	elements := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '\\' })
	for len(elements) > 0 {
		if last := elements[len(elements)-1]; !isDots(last) {
			return SafeName{escapeName(last, windows)}
		}
		elements = elements[:len(elements)-1]
	}
	return SafeName{fallbackName}
}

// escapeName returns name as a safe element: bad characters percent-encoded,
// reserved names prefixed, at most maxName bytes.
func escapeName(name string, windows bool) string {
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if badRune(r, size) || windows && strings.ContainsRune(windowsChars, r) {
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	out := b.String()
	if isDots(out) {
		return fallbackName
	}
	if windows && manifest.WindowsDevice(out) {
		out = "_" + out
	}
	stem, ext := splitExt(out)
	out = shorten(stem, maxName-len(ext)) + ext
	if windows && strings.HasSuffix(out, ".") || windows && strings.HasSuffix(out, " ") {
		out = shorten(out, maxName-1) + "_"
	}
	if manifest.Reserved(out) { // it begins with a dot
		out = "_" + out[1:]
	}
	return out
}

// shorten cuts s to at most n bytes, between characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// isDots reports whether name is empty or one of the names that every
// directory has, also written with percents.
func isDots(name string) bool {
	plain := strings.ReplaceAll(strings.ToLower(name), "%2e", ".")
	return plain == "" || plain == "." || plain == ".."
}

// CheckElement says what is wrong with name as one element of a path, on Windows or
// elsewhere.
func CheckElement(name string, windows bool) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case isDots(name):
		return errors.New("it leads to a directory that exists")
	case len(name) > maxName:
		return fmt.Errorf("it is longer than %d bytes", maxName)
	case manifest.Reserved(name):
		return errors.New("it is the name of something that is being received")
	}
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return errors.New("it is not valid UTF-8")
		case r == '/' || r == '\\':
			return errors.New("it holds a path separator")
		case badRune(r, size):
			return fmt.Errorf("it holds the control character U+%04X", r)
		case windows && strings.ContainsRune(windowsChars, r):
			return fmt.Errorf("Windows has no %q in names", r)
		}
		i += size
	}
	if windows && (strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ")) {
		return errors.New("Windows has no dot or space at the end of names")
	}
	if windows && manifest.WindowsDevice(name) {
		return errors.New("Windows reserves it for a device")
	}
	return nil
}

// badRune reports whether r, decoded from size bytes, must not be in a name on
// disk: separators, controls, line ends, bidirectional controls, bytes that are
// not UTF-8.
func badRune(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1, r == '/', r == '\\':
		return true
	case unicode.IsControl(r), r == 0x2028, r == 0x2029:
		return true
	case unicode.Is(unicode.Bidi_Control, r):
		return true
	case r >= 0xE0000 && r <= 0xE007F, r == 0xFEFF, r&0xFFFE == 0xFFFE:
		return true
	}
	return false
}

// windowsChars have a meaning of their own on Windows; a colon names a stream.
const windowsChars = `<>:"|?*`
