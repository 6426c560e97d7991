//go:build linux && race

package skew

// checked says whether today's programs are built with the race detector, too.
const checked = true
