//go:build race

package session

// raced says that the race detector watches, with which everything takes many times as
// long.
const raced = true
