//go:build !unix

package transit

func setSmallSegments(uintptr) {}
