package pake_test

import (
	"bytes"
	"fmt"
	"testing"

	"sesame/pake"
)

func Example() {
	// Two programs, one phrase. The messages travel in the clear.
	alice := pake.Start("4-purple-sausages", "example.com/chat")
	bob := pake.Start("4-purple-sausages", "example.com/chat")

	a, err := alice.Finish(bob.Message())
	if err != nil {
		panic(err)
	}
	b, err := bob.Finish(alice.Message())
	if err != nil {
		panic(err)
	}
	fmt.Println(bytes.Equal(a.Derive("chat", 32), b.Derive("chat", 32)))
	fmt.Println(a)
	// Output:
	// true
	// pake.Key(secret)
}

func BenchmarkAgreement(b *testing.B) {
	peer := pake.Start("4-purple-sausages", "example.com/chat").Message()
	for b.Loop() {
		if _, err := pake.Start("4-purple-sausages", "example.com/chat").Finish(peer); err != nil {
			b.Fatal(err)
		}
	}
}
