package deps

// CipherPackages are those that make or open ciphertexts.
var CipherPackages = []string{"crypto/cipher", "crypto/aes", "golang.org/x/crypto/chacha20poly1305", "golang.org/x/crypto/nacl/secretbox"}

// Inside are packages of the standard library that have one inside, and offer none.
var Inside = []string{"crypto/rand", "crypto/hmac", "crypto/sha1", "crypto/sha256"}

// Ciphers lists the parts of the server that reach one of CipherPackages, each with the
// libraries through which: those of TLS, and what speaks HTTP, which can be inside TLS.
// None of them is given anything of what clients send to each other.
var Ciphers = map[string][]string{
	"cmd/sesame-relay": {"crypto/x509", "github.com/coreos/go-systemd/v22/activation", "net/http"},
	"relay":            {"crypto/tls", "github.com/coder/websocket", "net/http"},
	"relay/cert":       {"crypto/tls", "crypto/x509", "golang.org/x/crypto/acme", "golang.org/x/crypto/acme/autocert", "net/http"},
	"relay/metrics":    {"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors", "github.com/prometheus/client_golang/prometheus/promhttp", "net/http"},
}
