package rendezvous

import (
	"fmt"
	"testing"
)

// Fails if a program is taken for another sort than what it announces.
func TestProgramOf(t *testing.T) {
	v := NativeVersion
	for version, want := range map[string]Program{
		`{}`:                   Foreign,
		`{"app_versions":{}}`:  Foreign,
		`{"sesame":null}`:      Foreign,
		`{"sesame":7}`:         Foreign,
		`{"sesame":{}}`:        Foreign,
		`{"sesame":{"v":[]}}`:  Foreign,
		`{"sesame":{"v":"1"}}`: Foreign,
		`{"sesame":{"V":[1]}}`: Foreign,
		fmt.Sprintf(`{"sesame":{"v":[%d]}}`, v-1):        Older,
		fmt.Sprintf(`{"sesame":{"v":[0,%d,-1]}}`, v-1):   Older,
		fmt.Sprintf(`{"sesame":{"v":[%d]}}`, v+1):        Newer,
		fmt.Sprintf(`{"sesame":{"v":[%d,1e9]}}`, v-1):    Newer,
		fmt.Sprintf(`{"sesame":{"v":[%d,%d]}}`, v, v+1):  Alike,
		fmt.Sprintf(`{"sesame":{"v":[%d],"ek":7}}`, v-1): Older, // whatever the rest means there
	} {
		if got := programOf([]byte(version)); got != want {
			t.Errorf("%s: %d, want %d", version, got, want)
		}
	}
}
