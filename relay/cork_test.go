package relay

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"sesame/relay/figures"
)

// A counted connection counts its writes.
type counted struct {
	net.Conn
	writes atomic.Int32
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// Several messages for a client inside TLS leave by one system call, as outside.
func TestCorkInsideTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	defer there.Close()
	under := &counted{Conn: here}
	queue := newConnQueue()
	k := newCurtain(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, time.Minute, queue, figures.NewTimes())
	cl := &client{Conn: under, leave: func() {}}
	go k.serve(t.Context(), cl, nil)
	peer := tls.Client(there, &tls.Config{InsecureSkipVerify: true})
	if err := peer.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	go peer.Write([]byte("GET / HTTP/1.1\r\n"))
	conn, err := queue.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	before := under.writes.Load()
	cl.cork.hold(time.Minute)
	for range 3 {
		if _, err := conn.Write([]byte("message")); err != nil {
			t.Fatal(err)
		}
	}
	read := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(peer, make([]byte, 3*7))
		read <- err
	}()
	if err := cl.cork.release(under); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case err := <-read:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Fatal("nothing arrives")
	}
	if n := under.writes.Load() - before; n != 1 {
		t.Errorf("three messages took %d writes, want one", n)
	}
	go io.Copy(io.Discard, peer) // the end of TLS
}
