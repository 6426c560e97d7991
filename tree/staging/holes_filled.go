//go:build !(linux || darwin || freebsd)

package staging

// makesHoles is false: what is never written of a file may take room.
const makesHoles = false
