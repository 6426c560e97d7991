package deps_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
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

// isCipher reports whether a package makes or opens ciphertexts.
func isCipher(p string) bool {
	return !strings.Contains(p, "internal/") && slices.Contains(deps.CipherPackages, path.Base(p))
}

// reaching returns which libraries lead each part of this module to a cipher, of all that is built.
func reaching(all map[string]listed) map[string][]string {
	found := map[string][]string{}
	for name, p := range all {
		part, ours := strings.CutPrefix(name, module+"/")
		if !ours {
			continue
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module+"/") || slices.Contains(deps.Inside, imported) {
				continue
			}
			if isCipher(imported) || slices.ContainsFunc(all[imported].Deps, isCipher) {
				found[part] = append(found[part], imported)
			}
		}
		slices.Sort(found[part])
	}
	return found
}

// Fails when a part of the server reaches a cipher that isn't written down, and through
// which library: those of TLS come with it, and another one is to be noticed.
func TestWhoReachesACipher(t *testing.T) {
	found := reaching(listDeps(t, "cmd/sesame-relay"))
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
}

// Fails when a cipher isn't noticed that comes in by itself or with a library, or one is taken
// for such that is only inside of what has none to offer.
func TestCipherIsNoticed(t *testing.T) {
	got := reaching(map[string]listed{
		module + "/relay/store":        {Imports: []string{"golang.org/x/crypto/nacl/box", "crypto/rand", "strings"}},
		module + "/relay/mailbox":      {Imports: []string{"example.org/helper", module + "/relay/store"}},
		module + "/relay":              {Imports: []string{module + "/relay/mailbox"}},
		"example.org/helper":           {Deps: []string{"example.org/other", "vendor/golang.org/x/crypto/chacha20poly1305"}},
		"crypto/rand":                  {Deps: []string{"crypto/aes", "crypto/cipher"}},
		"golang.org/x/crypto/nacl/box": {},
	})
	want := map[string][]string{"relay/store": {"golang.org/x/crypto/nacl/box"}, "relay/mailbox": {"example.org/helper"}}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Fails when doc/threats.md names other libraries than those that bring ciphers, or not all.
func TestCiphersAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "doc", "threats.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "The program has ciphers all the same")
	list, _, _ = strings.Cut(list, "None of our packages")
	named := regexp.MustCompile("`([a-z0-9_./-]+/[a-z0-9_./-]+)`").FindAllStringSubmatch(list, -1)
	used := map[string]bool{}
	for part, through := range deps.Ciphers {
		for _, library := range through {
			i := slices.IndexFunc(named, func(m []string) bool { return strings.HasSuffix(library, m[1]) || strings.Contains(library, m[1]+"/") })
			if i < 0 {
				t.Errorf("it doesn't name %s, through which %s reaches a cipher", library, part)
				continue
			}
			used[named[i][1]] = true
		}
	}
	for _, m := range named {
		if !used[m[1]] && !strings.HasPrefix(m[1], "internal/") {
			t.Errorf("it names %s, which brings none", m[1])
		}
	}
}
