//go:build linux || darwin || freebsd

package staging

// makesHoles says that what is never written of a file takes no room.
const makesHoles = true
