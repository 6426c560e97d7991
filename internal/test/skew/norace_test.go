//go:build linux && !race

package skew

const checked = false
