package punch

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"time"

	"github.com/quic-go/quic-go"
)

// quicConfig holds for every connection. There is one stream in each, which the
// side opens that dialled.
var quicConfig = &quic.Config{
	HandshakeIdleTimeout:           10 * time.Second, // two round trips, where one takes 2 s
	MaxIdleTimeout:                 20 * time.Second,
	KeepAlivePeriod:                8 * time.Second,
	InitialStreamReceiveWindow:     1 << 20,
	MaxStreamReceiveWindow:         12 << 20,
	InitialConnectionReceiveWindow: 1 << 20,
	MaxConnectionReceiveWindow:     12 << 20,
	MaxIncomingStreams:             1,
	MaxIncomingUniStreams:          -1,
	InitialPacketSize:              1200,
}

const (
	protocolName = "sesame/1"
	bindingSize  = 32
	bindingLabel = "EXPORTER-sesame/1 lane"
	// streamTime is how long the side that dialled may take to open its stream.
	streamTime = 10 * time.Second
)

// How a connection is closed.
const (
	codeDone   quic.ApplicationErrorCode = 0
	codeRefuse quic.ApplicationErrorCode = 1
)

// A security is an Agent's half of TLS: a key that lives as long as the Agent,
// and that nobody is asked to trust.
type security struct{ client, server *tls.Config }

func newSecurity() (*security, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	common := tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{protocolName},
		// Nothing else: what is recorded today must stay closed (doc/native.md §2).
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768},
		SessionTicketsDisabled: true,
	}
	server := common.Clone()
	server.Certificates = []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}
	client := common.Clone()
	// The certificate says nothing. Conn.Binding goes into the proof that both
	// sides make of the session's key.
	client.InsecureSkipVerify = true
	return &security{client, server}, nil
}

var errCurve = errors.New("the key exchange is not post-quantum")

// bind returns the secret that only the two ends of conn share.
func bind(conn *quic.Conn) ([]byte, error) {
	state := conn.ConnectionState().TLS
	if !postQuantum(state.CurveID) {
		return nil, errCurve
	}
	return state.ExportKeyingMaterial(bindingLabel, nil, bindingSize)
}

// postQuantum reports whether a key exchange is the one that is required.
func postQuantum(curve tls.CurveID) bool { return curve == tls.X25519MLKEM768 }
