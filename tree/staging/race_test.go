//go:build race

package staging_test

const raceDetector = true
