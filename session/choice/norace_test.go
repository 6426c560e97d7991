//go:build !race

package choice

const raceDetector = false
