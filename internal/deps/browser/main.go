// Command browser prints the packages that must build for browsers, for the
// Makefile.
package main

import (
	"fmt"

	"sesame/internal/deps"
)

func main() {
	for _, part := range deps.Browser {
		fmt.Println("./" + part)
	}
}
