//go:build unix

package staging_test

func child(string, string) {}
