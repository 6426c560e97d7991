package record_test

import (
	"bytes"
	"fmt"
	"io"

	"sesame/transit/record"
)

func Example() {
	key := bytes.Repeat([]byte{7}, record.KeySize) // both ends know it
	var stream bytes.Buffer                        // a connection

	w := record.NewWriter(&stream, key)
	w.WriteRecord([]byte("open"))
	w.WriteRecord([]byte("sesame"))

	r := record.NewReader(&stream, key, 16<<10)
	for {
		p, err := r.ReadRecord()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", p)
	}
	// Output:
	// open
	// sesame
}
