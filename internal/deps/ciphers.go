package deps

// CipherPackages are the ends of the paths of those that make or open ciphertexts, wherever they
// come from.
var CipherPackages = []string{"cipher", "aes", "des", "rc4", "hpke", "chacha20", "chacha20poly1305", "secretbox", "box", "salsa20", "salsa", "age", "blowfish", "twofish", "xts"}

// Inside are packages of the standard library that have one inside, and offer none.
var Inside = []string{"crypto/rand", "crypto/hmac", "crypto/sha1", "crypto/sha256"}

// Ciphers lists the parts of the server that reach one of CipherPackages, each with the
// libraries through which: those of TLS, and what speaks HTTP, which can be inside TLS.
// None of them is given anything of what clients send to each other.
var Ciphers = map[string][]string{
	"cmd/sesame-relay": {"crypto/x509", "github.com/coreos/go-systemd/v22/activation", "net/http"},
	"relay":            {"crypto/tls", "github.com/coder/websocket", "net/http"},
	"relay/cert":       {"crypto/tls", "crypto/x509", "golang.org/x/crypto/acme", "golang.org/x/crypto/acme/autocert", "net/http"},
	"relay/pipe":       {"github.com/coder/websocket"},
	"relay/metrics":    {"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors", "github.com/prometheus/client_golang/prometheus/promhttp", "net/http"},
}
