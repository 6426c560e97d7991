//go:build !unix

package segments

func set(uintptr, Size) {}
