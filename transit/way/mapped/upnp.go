package mapped

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/huin/goupnp"
	"github.com/huin/goupnp/soap"

	"sesame/internal/addr"
	"sesame/internal/foreign"
)

// services are those of a gateway that map ports, best first. Version 2 can
// choose a port that is free.
var services = []string{
	"urn:schemas-upnp-org:service:WANIPConnection:2",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
	"urn:schemas-upnp-org:service:WANPPPConnection:1",
}

// Errors of the services (WANIPConnection:2 §2.5).
const (
	upnpConflict    = 718 // the port is another computer's
	upnpSamePorts   = 724 // both ports must be the same
	upnpOnlyForever = 725 // mappings last for ever
)

// upnp speaks to a UPnP internet gateway.
type upnp struct {
	service string
	control soap.SOAPClient
	own     netip.Addr
}

// findUPnP searches for the router's service, and reads its description.
func findUPnP(ctx context.Context, router netip.AddrPort) (*upnp, error) {
	u, err := search(ctx, router)
	if err != nil {
		return nil, err
	}
	own, err := addr.Toward(router.Addr())
	if err != nil {
		return nil, err
	}
	client := onlyTo(router.Addr())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errStrange
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	service, control, err := parseDescription(text, u)
	if err != nil {
		return nil, err
	}
	s := &upnp{service: service, own: own}
	s.control = soap.SOAPClient{EndpointURL: *control, HTTPClient: *client}
	return s, nil
}

// parseDescription returns the best service in a device's description, which
// was at base, and where it takes orders: at the same address and port.
func parseDescription(text []byte, base *url.URL) (service string, control *url.URL, err error) {
	router, err := netip.ParseAddr(base.Hostname())
	if err != nil {
		return "", nil, errStrange
	}
	var root goupnp.RootDevice
	if err := xml.Unmarshal(text, &root); err != nil {
		return "", nil, errStrange
	}
	// A URLBase in it is passed over: version 1.1 has none, and where there is
	// one it says where we are already.
	root.SetURLBase(base)
	for _, kind := range services {
		for _, s := range root.Device.FindService(kind) {
			if u := s.ControlURL.URL; s.ControlURL.Ok && at(&u, router) && portOf(&u) == portOf(base) {
				return kind, &u, nil
			}
		}
	}
	return "", nil, errRefused
}

// onlyTo returns a client that connects to router and nowhere else, follows
// nobody, and reads maxText at most.
func onlyTo(router netip.Addr) *http.Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to, err := netip.ParseAddrPort(address)
			if err != nil || to.Addr() != router {
				return nil, errStrange
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		MaxResponseHeaderBytes: 16 << 10,
		DisableKeepAlives:      true,
	}
	return &http.Client{
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       askTime,
	}
}

// bounded limits how much is read of an answer. Its requests say who asks.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", foreign.Agent)
	resp, err := b.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxText), resp.Body}
	}
	return resp, err
}

func (*upnp) name() string { return "UPnP" }

// An addRequest is the argument of AddPortMapping and AddAnyPortMapping.
type addRequest struct {
	NewRemoteHost             string
	NewExternalPort           string
	NewProtocol               string
	NewInternalPort           string
	NewInternalClient         string
	NewEnabled                string
	NewPortMappingDescription string
	NewLeaseDuration          string
}

func (s *upnp) open(ctx context.Context, r request) (grant, error) {
	var address struct{ NewExternalIPAddress string }
	if err := s.order(ctx, "GetExternalIPAddress", nil, &address); err != nil {
		return grant{}, err
	}
	ip, err := netip.ParseAddr(address.NewExternalIPAddress)
	if err != nil || !ip.Is4() {
		return grant{}, errStrange
	}
	external := r.external
	if external == 0 {
		external = r.port
	}
	for range 3 {
		port, err := s.add(ctx, r, external)
		if err == nil {
			return grant{netip.AddrPortFrom(ip, port), lifetime}, nil
		}
		switch faultOf(err) {
		case upnpConflict:
			external = uint16(20000 + rand.IntN(40000))
		case upnpOnlyForever:
			return grant{}, errForever
		default:
			return grant{}, err
		}
	}
	return grant{}, fmt.Errorf("%w: ports are taken", errRefused)
}

// add makes a mapping from an external port, or with version 2 from another that
// is free.
func (s *upnp) add(ctx context.Context, r request, external uint16) (uint16, error) {
	args := &addRequest{
		NewExternalPort:           strconv.Itoa(int(external)),
		NewProtocol:               r.protocol.String(),
		NewInternalPort:           strconv.Itoa(int(r.port)),
		NewInternalClient:         s.own.String(),
		NewEnabled:                "1",
		NewPortMappingDescription: "sesame",
		NewLeaseDuration:          strconv.Itoa(int(lifetime / time.Second)),
	}
	if s.service != services[0] {
		return external, s.order(ctx, "AddPortMapping", args, nil)
	}
	var reserved struct{ NewReservedPort string }
	if err := s.order(ctx, "AddAnyPortMapping", args, &reserved); err != nil {
		return 0, err
	}
	port, ok := addr.Port(reserved.NewReservedPort)
	if !ok {
		return 0, errStrange
	}
	return port, nil
}

// close removes a mapping; without an external port there was none.
func (s *upnp) close(ctx context.Context, r request) error {
	if r.external == 0 {
		r.external = r.port
	}
	return s.order(ctx, "DeletePortMapping", &struct {
		NewRemoteHost   string
		NewExternalPort string
		NewProtocol     string
	}{"", strconv.Itoa(int(r.external)), r.protocol.String()}, nil)
}

func (s *upnp) order(ctx context.Context, action string, args, result any) error {
	err := s.control.PerformActionCtx(ctx, s.service, action, args, result)
	if code := faultOf(err); code != 0 {
		return &upnpError{code}
	}
	if err != nil && ctx.Err() == nil {
		return errStrange // what it says may be anything
	}
	if err != nil {
		return errSilent
	}
	return nil
}

// An upnpError is a refusal of the router.
type upnpError struct{ code int }

func (e *upnpError) Error() string { return fmt.Sprintf("%v: UPnP error %d", errRefused, e.code) }
func (e *upnpError) Unwrap() error { return errRefused }

// faultOf returns the code of a refusal, 0 for other errors.
func faultOf(err error) int {
	var ours *upnpError
	if errors.As(err, &ours) {
		return ours.code
	}
	var fault *soap.SOAPFaultError
	if errors.As(err, &fault) {
		if code := fault.Detail.UPnPError.Errorcode; code != 0 {
			return code
		}
		return -1
	}
	return 0
}
