package relay

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"

	"sesame/internal/addr"
)

// placeholder is what people see who look at the server with a browser. It loads nothing from
// elsewhere, and has no script.
//
//go:embed page.html
var placeholder string

// A placard is the page as it is shown.
type placard struct{ policy string }

func newPlacard() *placard {
	_, style, _ := strings.Cut(placeholder, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return &placard{"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
}

// show answers with the page. Contact is how to reach who runs the server, "" if nobody has said.
func (p *placard) show(w http.ResponseWriter, r *http.Request, c *client, encrypted bool, contact string) {
	url, pipes := where(r, c, encrypted)
	if contact != "" {
		contact = "<p>Who runs it: " + html.EscapeString(contact) + "</p>\n"
	}
	headers(w, "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.policy)
	io.WriteString(w, strings.NewReplacer("ADDRESS", html.EscapeString(url), "PIPES", html.EscapeString(pipes), "CONTACT", contact).Replace(placeholder))
}

// hostForm is what stands in a browser's line of addresses: a name, or an address, and perhaps a port.
var hostForm = regexp.MustCompile(`^([0-9A-Za-z._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// where returns how clients reach the server, as far as who looks at it tells: its mailboxes, and its
// pipes over TCP.
func where(r *http.Request, c *client, encrypted bool) (url, pipes string) {
	host := r.Host
	if !hostForm.MatchString(host) {
		host = addr.Of(c.LocalAddr()).String()
	}
	scheme, port := "ws", "80"
	if encrypted || c.proxy && r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme, port = "wss", "443"
	}
	pipes = host
	if strings.HasSuffix(host, "]") || !strings.Contains(host, ":") {
		pipes += ":" + port
	}
	return scheme + "://" + host + mailboxPath, pipes
}

// headers says what every page of the server is.
func headers(w http.ResponseWriter, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// text answers with a page of a few lines.
func text(w http.ResponseWriter, lines string) {
	headers(w, "text/plain; charset=utf-8")
	io.WriteString(w, lines)
}
