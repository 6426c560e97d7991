package manifest

import (
	"context"
	"fmt"
	"strings"
)

// A Fitted is a list where some rules hold: the same entries in the same order, so that
// their numbers are the same, under the names that they get there. Source:
// doc/transfer.md §3.4.
type Fitted struct {
	// List is what is written. It is the list itself if nothing gets another name. Its
	// entries aren't in the order of their paths, but directories stand before what
	// they hold. A link that is Left is in it, too.
	List *Manifest
	// Renamed is what gets another name, in the order of the list. What is in a
	// directory that does isn't named for that.
	Renamed []Renaming
	// Left is what can't be there under any name, in the order of the list.
	Left []Left
}

// A Renaming says that an entry is called otherwise where it is written.
type Renaming struct {
	Entry int    // in the list
	Path  string // as listed; not safe to print
	As    string // its path where it is written; not safe to print
	Why   Reason
}

// A Left is an entry that isn't written.
type Left struct {
	Entry int
	Path  string // as listed; not safe to print
	Why   Reason
}

// Apply returns what m is where r holds. Directories must stand before what they hold
// in m, which isn't changed and may be in the result. Who applies the same rules to the
// same list gets the same. It takes no longer than n log n, and ends with ctx's error
// soon after ctx does.
func (r Rules) Apply(ctx context.Context, m *Manifest) (*Fitted, error) {
	f := &fitter{rules: r, m: m, out: &Fitted{List: m}}
	if err := f.look(ctx); err != nil {
		return nil, err
	}
	if len(f.odd) > 0 {
		f.choose()
	}
	f.links()
	if len(f.names)+len(f.linked) > 0 {
		f.rewrite()
	}
	return f.out, nil
}

// A fitter makes a Fitted.
type fitter struct {
	rules Rules
	m     *Manifest
	out   *Fitted

	odd     []int32          // entries whose names can't stay
	why     map[int32]Cause  // of those
	folders map[string]int32 // directories, by path; only if something is odd
	names   map[int32]string // elements of those that get another name
	linked  map[int32]string // targets that change
	taken   map[spot]bool    // in directories of which something is odd
	next    map[spot]int     // the number that is tried next
	folder  folder
}

// A spot is a name in a directory, as the disk compares it.
type spot struct {
	in   int32 // the directory's entry, -1 for none
	name string
}

// look finds the names that can't stay.
func (f *fitter) look(ctx context.Context) error {
	f.why = make(map[int32]Cause)
	for i := range f.m.Entries {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if why := f.rules.Wrong(lastElement(f.m.Entries[i].Path)); why != CauseUnsaid {
			f.odd = append(f.odd, int32(i))
			f.why[int32(i)] = why
		}
	}
	if !f.rules.lacks(LacksCase) {
		return nil
	}
	groups, err := f.m.Collisions(ctx)
	for _, group := range groups {
		for _, i := range group {
			if f.why[int32(i)] == CauseUnsaid {
				f.odd = append(f.odd, int32(i))
				f.why[int32(i)] = CauseDiskTwin
			}
		}
	}
	return err
}

// choose gives what is odd its name. Who can keep its own has it before all others;
// among those that are one to the disk that is the first.
func (f *fitter) choose() {
	f.folders = make(map[string]int32)
	around := make(map[int32]bool) // directories in which something is odd
	for i := range f.m.Entries {
		if e := &f.m.Entries[i]; e.Kind == Dir {
			f.folders[e.Path] = int32(i)
		}
	}
	for _, i := range f.odd {
		around[f.parent(i)] = true
	}
	f.taken, f.next, f.names = make(map[spot]bool), make(map[spot]int), make(map[int32]string)
	var rest []int32
	for i := range f.m.Entries {
		parent := f.parent(int32(i))
		if !around[parent] {
			continue
		}
		at := f.spot(parent, lastElement(f.m.Entries[i].Path))
		if why := f.why[int32(i)]; why != CauseUnsaid && (why != CauseDiskTwin || f.taken[at]) {
			rest = append(rest, int32(i))
			continue
		}
		f.taken[at] = true
	}
	for _, i := range rest {
		name, _ := f.rules.Fit(lastElement(f.m.Entries[i].Path))
		f.names[i] = f.free(f.parent(i), name)
	}
}

// parent returns the directory of entry i, -1 for none.
func (f *fitter) parent(i int32) int32 {
	cut := strings.LastIndexByte(f.m.Entries[i].Path, '/')
	if cut < 0 {
		return -1
	}
	return f.folders[f.m.Entries[i].Path[:cut]]
}

// spot is where a name is in a directory.
func (f *fitter) spot(in int32, name string) spot {
	if f.rules.lacks(LacksCase) {
		name = string(f.folder.fold(name))
	}
	return spot{in, name}
}

// numberRoom is how much of a name that is nearly too long is for a number.
const numberRoom = 11

// free takes the first of name, "name (2)", … that nothing has in the directory. A
// number that was looked at isn't again, so that all of them take no longer than there
// are names.
func (f *fitter) free(in int32, name string) string {
	at := f.spot(in, name)
	if !f.taken[at] {
		f.taken[at] = true
		return name
	}
	stem, ext := SplitExt(name)
	stem = f.rules.mend(Shorten(stem, f.rules.longest()-len(ext)-numberRoom))
	row := f.spot(in, stem+ext)
	for n := max(f.next[row], 2); ; n++ {
		name = fmt.Sprintf("%s (%d)%s", stem, n, ext)
		if at := f.spot(in, name); !f.taken[at] && f.rules.Wrong(name) == CauseUnsaid {
			f.taken[at] = true
			f.next[row] = n + 1
			return name
		}
	}
}

// links looks at where links lead, which may be called otherwise now.
func (f *fitter) links() {
	var renamed map[string]string // elements, by path as listed
	for i := range f.m.Entries {
		e := &f.m.Entries[i]
		if e.Kind != Link {
			continue
		}
		if f.rules.lacks(LacksLinks) {
			f.out.Left = append(f.out.Left, Left{i, e.Path, Because(CauseDiskLinks)})
			continue
		}
		if renamed == nil {
			renamed = make(map[string]string, len(f.names))
			for k, name := range f.names {
				renamed[f.m.Entries[k].Path] = name
			}
		}
		target, ok := f.target(e, renamed)
		if !ok {
			target = ""
			f.out.Left = append(f.out.Left, Left{i, e.Path, Because(CauseLinkCharacters)})
		}
		if target != e.Target {
			if f.linked == nil {
				f.linked = make(map[int32]string)
			}
			f.linked[int32(i)] = target
		}
	}
}

// target returns where the link e leads by the names that are written. It isn't ok if
// there can't be such a target.
func (f *fitter) target(e *Entry, renamed map[string]string) (target string, ok bool) {
	at := e.Path
	if cut := strings.LastIndexByte(at, '/'); cut >= 0 {
		at = at[:cut]
	}
	parts := strings.Split(e.Target, "/")
	for k, name := range parts {
		switch name {
		case "", ".":
			continue
		case "..":
			if cut := strings.LastIndexByte(at, '/'); cut >= 0 {
				at = at[:cut]
			}
			continue
		}
		at += "/" + name
		if as, ok := renamed[at]; ok {
			parts[k] = as
		} else if f.rules.Wrong(name) != CauseUnsaid {
			return "", false
		}
	}
	return strings.Join(parts, "/"), true
}

// rewrite makes the list with the new names.
func (f *fitter) rewrite() {
	list := &Manifest{Entries: make([]Entry, len(f.m.Entries)), Skipped: f.m.Skipped, Holes: f.m.Holes}
	moved := make(map[string]string) // directories whose paths changed
	for i := range f.m.Entries {
		e := f.m.Entries[i]
		dir, name := "", e.Path
		if cut := strings.LastIndexByte(e.Path, '/'); cut >= 0 {
			dir, name = e.Path[:cut], e.Path[cut+1:]
		}
		as, renamed := f.names[int32(i)]
		to, carried := moved[dir]
		if renamed {
			name = as
		}
		switch {
		case !renamed && !carried:
		case dir == "":
			e.Path = name
		case carried:
			e.Path = to + "/" + name
		default:
			e.Path = dir + "/" + name
		}
		if e.Kind == Dir && e.Path != f.m.Entries[i].Path {
			moved[f.m.Entries[i].Path] = e.Path
		}
		if renamed {
			f.out.Renamed = append(f.out.Renamed, Renaming{i, f.m.Entries[i].Path, e.Path, Because(f.why[int32(i)])})
		}
		if target, ok := f.linked[int32(i)]; ok {
			e.Target = target
		}
		list.Entries[i] = e
	}
	f.out.List = list
}

// lastElement returns the last name of a path.
func lastElement(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
