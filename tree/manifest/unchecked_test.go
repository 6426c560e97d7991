//go:build !race

package manifest

// raced says that the program checks itself for races, and is ten times slower.
const raced = false
