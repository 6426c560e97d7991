package pake_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"sesame/pake"
)

func ExampleHybrid() {
	alice := pake.Start("4-purple-sausages", "example.com/chat")
	bob := pake.Start("4-purple-sausages", "example.com/chat")
	a, errA := alice.Finish(bob.Message())
	b, errB := bob.Finish(alice.Message())
	if errA != nil || errB != nil {
		panic("agreement failed")
	}

	// The encapsulation keys travel sealed under the keys above.
	kemA, kemB := pake.NewKEM(), pake.NewKEM()
	ekA, ekB := kemA.EncapsulationKey(), kemB.EncapsulationKey()
	transcript := sha256.Sum256(bytes.Join([][]byte{alice.Message(), bob.Message(), ekA, ekB}, nil))
	hybridA, errA := pake.NewHybrid(a, transcript[:], kemA, ekB, true)
	hybridB, errB := pake.NewHybrid(b, transcript[:], kemB, ekA, false)
	if errA != nil || errB != nil {
		panic("somebody tampers")
	}

	// So does each side's first message, with its ciphertext.
	fromA, err := hybridB.OpenFirst(hybridA.Ciphertext(), hybridA.SealFirst([]byte("hello Bob")))
	fmt.Printf("%s %v\n", fromA, err)
	fromB, err := hybridA.OpenFirst(hybridB.Ciphertext(), hybridB.SealFirst([]byte("hello Alice")))
	fmt.Printf("%s %v\n", fromB, err)

	keyA, _ := hybridA.Key()
	keyB, _ := hybridB.Key()
	fmt.Println(bytes.Equal(keyA.Derive("chat", 32), keyB.Derive("chat", 32)))
	// Output:
	// hello Bob <nil>
	// hello Alice <nil>
	// true
}
