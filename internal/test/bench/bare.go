//go:build linux

package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// The bare loop is the least that any encrypted transfer in Go does: read, seal
// and send; receive, open and write. It has no protocol, so what a program takes
// beyond it is the program's own. It is this command, run twice:
//
//	bench bare-receive FILE     prints its address, takes one connection
//	bench bare-send FILE ADDRESS

// barePiece is how much it seals at once, as much as sesame does.
const barePiece = 256 << 10

// bare returns the bare loop as a contender.
func bare(s *site, path string) func() (figure, error) {
	return func() (figure, error) {
		into := s.into()
		if err := emptyDir(into); err != nil {
			return figure{}, err
		}
		self, err := os.Executable()
		if err != nil {
			return figure{}, err
		}
		receiver, err := begin(into, nil, self, "bare-receive", filepath.Join(into, "copy"))
		if err != nil {
			return figure{}, err
		}
		address, err := receiver.await("127.0.0.1:")
		if err != nil {
			return figure{}, err
		}
		return timed(func() (figure, error) {
			sender, err := begin(s.dir, nil, self, "bare-send", path, strings.TrimSpace(address))
			if err != nil {
				return figure{}, err
			}
			return finish(receiver, sender)
		})
	}
}

// runBare carries out one end of the bare loop, if args ask for it.
func runBare(args []string) (ran bool, err error) {
	switch {
	case len(args) == 2 && args[0] == "bare-receive":
		return true, bareReceive(args[1])
	case len(args) == 3 && args[0] == "bare-send":
		return true, bareSend(args[1], args[2])
	}
	return false, nil
}

func bareSend(path, address string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	aead, nonce := bareAEAD()
	buf := make([]byte, barePiece+aead.Overhead())
	for n := uint64(0); ; n++ {
		k, err := io.ReadFull(f, buf[:barePiece])
		if k > 0 {
			binary.BigEndian.PutUint64(nonce[4:], n)
			if _, err := conn.Write(aead.Seal(buf[:0], nonce, buf[:k], nil)); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func bareReceive(path string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	aead, nonce := bareAEAD()
	buf := make([]byte, barePiece+aead.Overhead())
	for n := uint64(0); ; n++ {
		k, err := io.ReadFull(conn, buf)
		if err == io.EOF {
			return f.Close()
		} else if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		binary.BigEndian.PutUint64(nonce[4:], n)
		plain, err := aead.Open(buf[:0], nonce, buf[:k], nil)
		if err != nil {
			return err
		}
		if _, err := f.Write(plain); err != nil {
			return err
		}
	}
}

// bareAEAD returns AES-256-GCM under a key that everybody knows: what it costs
// doesn't depend on that.
func bareAEAD() (cipher.AEAD, []byte) {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead, make([]byte, aead.NonceSize())
}
