//go:build !js

package rendezvous

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"sesame/internal/foreign"
	"sesame/internal/neterr"
)

// HTTPClient is the standard library's.
type HTTPClient = http.Client

// dialer returns what makes connections to u, and what to call after the last.
func dialer(u *url.URL, client *http.Client) (dial func(context.Context) (socket, error), end func()) {
	var own http.Client
	end = func() {}
	if client != nil {
		own = *client
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxResponseHeaderBytes = 64 << 10
		own.Transport = t
		end = t.CloseIdleConnections
	}
	next := own.CheckRedirect
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case req.URL.Host != first.Host || (first.Scheme == "https" && req.URL.Scheme != "https"):
			return &NoMailboxError{Kind: RedirectsAway, Host: req.URL.Host}
		case !sameMailbox(first, req.URL):
			return &NoMailboxError{Kind: RedirectsToPage}
		case len(via) >= 5:
			return &NoMailboxError{Kind: RedirectsOn}
		}
		req.Header.Del("Referer")
		if next != nil {
			return next(req, via)
		}
		return nil
	}
	return func(ctx context.Context) (socket, error) {
		var made, answered atomic.Bool
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn:              func(httptrace.GotConnInfo) { made.Store(true) },
			GotFirstResponseByte: func() { answered.Store(true) },
		})
		conn, resp, err := websocket.Dial(traced, u.String(), &websocket.DialOptions{
			HTTPClient: &own,
			HTTPHeader: http.Header{"User-Agent": {foreign.Agent}},
		})
		if err != nil && made.Load() && !answered.Load() && ctx.Err() == nil && neterr.Of(err) == neterr.Unknown {
			return nil, io.EOF // net/http has several errors for a connection that ends without a word
		}
		if err != nil {
			return nil, explain(resp, err)
		}
		return newWebSocket(conn), nil
	}, end
}

// sameMailbox reports whether a redirect on one host leads from first to what may
// be the same server over TLS, or at the usual path: what else is there isn't ours to
// ask for.
func sameMailbox(first, to *url.URL) bool {
	if to.RawQuery != "" && to.RawQuery != first.RawQuery || to.User != nil && first.User == nil {
		return false
	}
	path := strings.TrimSuffix(to.EscapedPath(), "/")
	return path == strings.TrimSuffix(first.EscapedPath(), "/") || path == "/v1"
}

// explain says what an answer that isn't a WebSocket is.
func explain(resp *http.Response, err error) error {
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		var inner *url.Error
		if errors.As(err, &inner) {
			return inner.Err
		}
		return err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK || (kind == "text/html" && resp.StatusCode < 400) {
		return &NoMailboxError{Kind: WebPage}
	}
	e := &NoMailboxError{Kind: OtherAnswer, Status: resp.StatusCode}
	if resp.StatusCode == http.StatusBadRequest && resp.Request != nil && resp.Request.URL.Scheme == "http" {
		e.Kind = WantsTLS
	}
	return e
}
