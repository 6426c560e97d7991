package deps_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sesame/internal/deps"
)

// A listed package is what go list says of one.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// listDeps returns a package of this module and all that is built into it.
func listDeps(t *testing.T, part string) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", module+"/"+part)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// Fails when a part of the server reaches a cipher that isn't written down, and through
// which library: those of TLS come with it, and another one is to be noticed.
func TestWhoReachesACipher(t *testing.T) {
	all := listDeps(t, "cmd/sesame-relay")
	cipher := func(p string) bool {
		return !slices.Contains(deps.Inside, p) && slices.ContainsFunc(deps.CipherPackages, func(c string) bool { return p == c || slices.Contains(all[p].Deps, c) })
	}
	found := map[string][]string{}
	for path, p := range all {
		part, ours := strings.CutPrefix(path, module+"/")
		if !ours {
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module+"/") && cipher(imported) {
				found[part] = append(found[part], imported)
			}
		}
		slices.Sort(found[part])
	}
	for part, through := range found {
		if !slices.Equal(through, deps.Ciphers[part]) {
			t.Errorf("%s reaches ciphers through %q; written down is %q", part, through, deps.Ciphers[part])
		}
	}
	for part := range maps.Keys(deps.Ciphers) {
		if found[part] == nil {
			t.Errorf("%s reaches no cipher: strike it out", part)
		}
	}
	if !cipher("crypto/tls") {
		t.Error("TLS reaches no cipher: the search is broken")
	}
}
