package manifest

import "strings"

// What receivers write lies in a hidden directory `.NAME.RANDOM.sesame` until it is
// whole (doc/native.md §7.1).
const (
	StagingSuffix = ".sesame"
	StagingRandom = 16 // letters of base32: 80 bits
)

// Reserved reports whether name is one that a receiver gives to a directory of what
// is arriving, in any case of letters, and with the dots and spaces at its end that
// some disks drop. Whoever could send one would decide what the next reception takes
// for its own.
func Reserved(name string) bool {
	name = strings.ToLower(strings.TrimRight(name, ". "))
	rest, ok := strings.CutSuffix(name, StagingSuffix)
	dot := len(rest) - StagingRandom - 1
	return ok && dot > 0 && rest[0] == '.' && rest[dot] == '.' &&
		strings.Trim(rest[dot+1:], "abcdefghijklmnopqrstuvwxyz234567") == ""
}
