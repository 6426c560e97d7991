package staging

import (
	"os"
	"runtime"
	"strings"

	"sesame/tree/manifest"
)

// Names says which names can be had in dir: what the system says, and what its disk
// does with some, which are made in a hidden directory that is removed again. What
// can't be found out is taken for possible.
//
// Source: doc/native.md §7.10.
func Names(dir *os.Root) manifest.Rules {
	system := manifest.SystemRules(runtime.GOOS)
	d, err := openFolder(dir)
	if err != nil {
		return system
	}
	defer d.close()
	name := "." + probeName + "." + randomName()
	if err := d.mkdir(name, 0o700); err != nil {
		return system // nothing can be had there
	}
	defer removeAll(d, name)
	sub, err := d.sub(name)
	if err != nil {
		return system
	}
	defer sub.close()
	return askNames(sub, system).And(system)
}

// telling are names that tell what a disk does with all like them.
var telling = []struct {
	lacks manifest.Lacks
	names []string
}{
	{manifest.LacksBytes, []string{"latin-\xe9"}},
	{manifest.LacksControls, []string{"a\rb", "a\nb", "a\tb"}},
	{manifest.LacksSigns, []string{"a<", "a>", "a:b", `a"`, "a|", "a?", "a*"}},
	{manifest.LacksBackslash, []string{`a\b`}},
	{manifest.LacksEnds, []string{"dot.", "space "}},
	{manifest.LacksDevices, []string{"nul"}},
}

// askNames makes files in d, which is empty, as far as that isn't known of the system.
// Some disks take a name and make another of it, so what is there then tells.
func askNames(d *folder, known manifest.Rules) (r manifest.Rules) {
	var made []string
	for _, t := range telling {
		if known.Lacks&t.lacks != 0 {
			continue
		}
		for _, name := range t.names {
			if can, sure := tryName(d, name); !can && sure {
				r.Lacks |= t.lacks
				break
			} else if can {
				made = append(made, name)
			}
		}
	}
	r.Longest = longestName(d)
	for _, pair := range [][2]string{{"Case", "cASE"}, {"\u00e9", "e\u0301"}} {
		if can, _ := tryName(d, pair[0]); !can {
			continue
		}
		if _, err := d.lstat(pair[1]); err == nil {
			r.Lacks |= manifest.LacksCase
		}
	}
	if !hasLinks(d) {
		r.Lacks |= manifest.LacksLinks
	}
	names, err := d.names()
	if err != nil {
		return r
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	for _, name := range made {
		if !there[name] {
			r.Lacks |= lackOfName(name)
		}
	}
	return r
}

// lackOfName returns what a disk lacks that makes another name of that one.
func lackOfName(name string) manifest.Lacks {
	for _, t := range telling {
		for _, n := range t.names {
			if n == name {
				return t.lacks
			}
		}
	}
	return 0
}

// tryName makes an empty file. It isn't sure if what fails may be something else than
// the name.
func tryName(d *folder, name string) (can, sure bool) {
	f, err := d.create(name, 0o600)
	if err != nil {
		return false, takesOthers(d, err)
	}
	f.Close()
	return true, true
}

// longestName returns how many bytes a name may have in d.
func longestName(d *folder) int {
	fits := func(n int) bool {
		name := strings.Repeat("x", n)
		can, sure := tryName(d, name)
		if can {
			d.remove(name)
		}
		return can || !sure
	}
	low, high := manifest.MinLongest, manifest.MaxName // high is the first that is known not to fit
	if fits(high) {
		return high
	}
	for low+1 < high {
		if n := (low + high) / 2; fits(n) {
			low = n
		} else {
			high = n
		}
	}
	return low
}

// hasLinks reports whether a symbolic link that is made in d is one.
func hasLinks(d *folder) bool {
	const name = "link"
	if err := d.symlink(probeName, name); err != nil {
		return !takesOthers(d, err)
	}
	st, err := d.lstat(name) // some say yes, and make nothing, or a file
	return err == nil && st.kind == link
}
