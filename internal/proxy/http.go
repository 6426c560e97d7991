//go:build !js

package proxy

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"sesame/internal/safetext"
)

// maxAnswer bounds what an HTTP proxy may say before the connection begins.
const maxAnswer = 16 << 10

// askHTTP asks for a tunnel to addr (RFC 9110 §9.3.6).
func (s *Server) askHTTP(conn io.ReadWriter, addr string) error {
	request := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n"
	if s.user != "" || s.password != "" {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	head, err := readHead(conn)
	if err == errHead {
		return notHTTP(s, head)
	}
	if err != nil {
		return err
	}
	a, err := parseAnswer(head)
	if err != nil {
		return notHTTP(s, head)
	}
	return s.judge(a, addr)
}

// judge says what is wrong with an answer.
func (s *Server) judge(a answer, addr string) error {
	status := a.status
	if text := http.StatusText(a.code); text != "" {
		status = fmt.Sprint(a.code, " ", text)
	}
	if a.code >= 200 && a.code < 300 {
		return nil
	}
	e := s.fail(Refuses)
	e.To, e.Said = safetext.Line(addr, 80), status
	switch {
	case a.code == http.StatusProxyAuthRequired && len(a.schemes) > 0 && !a.basic:
		e.Why, e.Methods = OddLogin, a.schemes
	case a.code == http.StatusProxyAuthRequired && s.user == "" && s.password == "":
		e.Why = WantsLogin
	case a.code == http.StatusProxyAuthRequired:
		e.Why = BadLogin
	case a.code >= 300 && a.code < 400:
		e.Why = Redirects
	case a.code >= 500:
		e.Why, e.timeout = CantConnect, a.code == http.StatusGatewayTimeout
	}
	return e
}

var errHead = fmt.Errorf("no head of an HTTP response")

// readHead reads up to the empty line that ends the head of a response, and not
// a byte further: the rest belongs to the destination. With errHead it returns
// what can't be one.
func readHead(conn io.Reader) ([]byte, error) {
	const begin = "HTTP/1."
	var head []byte
	one := make([]byte, 1)
	for {
		if _, err := io.ReadFull(conn, one); err != nil {
			return head, err
		}
		head = append(head, one[0])
		n := len(head)
		switch {
		case n <= len(begin) && one[0] != begin[n-1], n > maxAnswer:
			return head, errHead
		case one[0] == '\n' && (bytes.HasSuffix(head, []byte("\r\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n"))):
			return head, nil
		}
	}
}

// An answer is what matters of a response to CONNECT.
type answer struct {
	code    int
	status  string   // as it came, safe to show
	basic   bool     // Basic authentication is possible
	schemes []string // kinds of authentication, safe to show, 4 at most
}

// parseAnswer reads the head of a response.
func parseAnswer(head []byte) (answer, error) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	a := answer{code: r.StatusCode, status: safetext.Line(r.Status, 40)}
	for _, challenge := range r.Header.Values("Proxy-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(challenge), " ")
		a.basic = a.basic || strings.EqualFold(scheme, "basic")
		if len(a.schemes) < 4 {
			a.schemes = append(a.schemes, safetext.Line(scheme, 20))
		}
	}
	return a, nil
}

// notHTTP has the beginning of what isn't the head of a response.
func notHTTP(s *Server, b []byte) *Error {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	e := s.fail(NotHTTP)
	e.Said = safetext.Line(strings.TrimSpace(string(line)), 40)
	return e
}
