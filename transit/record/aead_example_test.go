package record_test

import (
	"bytes"
	"fmt"
	"io"

	"sesame/transit/record"
)

func ExampleSealer() {
	secret := bytes.Repeat([]byte{7}, record.KeySize) // of this direction of this connection
	suite := record.Agree(record.Fast(), []string{"chacha20-poly1305"})
	var stream bytes.Buffer // a connection

	const data byte = 1
	s := record.NewSealer(suite, secret)
	buf := make([]byte, record.MaxPayload+record.Overhead)
	for _, text := range []string{"open", "sesame"} {
		n := copy(buf[record.HeaderSize:], text)
		stream.Write(s.Seal(buf, data, n))
	}
	stream.Write(s.Seal(buf, record.Final, 0))

	o := record.NewOpener(&stream, suite, secret)
	for {
		typ, p, err := o.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d %q\n", typ, p)
	}
	// Output:
	// 1 "open"
	// 1 "sesame"
	// 0 ""
}
