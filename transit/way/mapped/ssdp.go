package mapped

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"time"

	"sesame/internal/addr"
	"sesame/internal/foreign"
	"sesame/internal/neterr"
)

// ssdpGroup is where devices listen for searches (UPnP Device Architecture 1.1
// §1.3.2).
var ssdpGroup = netip.MustParseAddr("239.255.255.250")

// searched are the devices that are searched for: internet gateways of both
// versions. Some answer only to their own.
var searched = []string{
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
	"urn:schemas-upnp-org:device:InternetGatewayDevice:2",
}

// search returns where the router's description is. The search goes to the group
// and to the router itself, for networks that filter multicast. Answers of others
// are passed over, and so are descriptions that are somewhere else.
func search(ctx context.Context, router netip.AddrPort) (*url.URL, error) {
	own, err := addr.Toward(router.Addr())
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(own, 0)))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxPacket+1)
	for range 2 {
		for _, kind := range searched {
			for _, ip := range []netip.Addr{router.Addr(), ssdpGroup} {
				if ip == ssdpGroup && own.IsLoopback() {
					continue // nobody else is there
				}
				to := netip.AddrPortFrom(ip, router.Port())
				conn.WriteToUDPAddrPort(searchRequest(to, kind), to) // one that can't go out is as good as lost
			}
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		for junk := 0; junk < 256 && ctx.Err() == nil; junk++ {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if neterr.Is(err, neterr.TimedOut) {
				break
			}
			if err != nil || n > maxPacket || from.Addr().Unmap() != router.Addr() {
				continue
			}
			if u := parseSearchAnswer(buf[:n], router.Addr()); u != nil {
				return u, nil
			}
		}
	}
	return nil, errSilent
}

func searchRequest(to netip.AddrPort, kind string) []byte {
	return fmt.Appendf(nil, "M-SEARCH * HTTP/1.1\r\nHOST: %v\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: %s\r\n\r\n", to, kind)
}

// parseSearchAnswer returns the address of the description in an answer, or nil
// if it isn't one, or isn't at router.
func parseSearchAnswer(b []byte, router netip.Addr) *url.URL {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), &http.Request{Method: "HEAD"})
	if err != nil {
		return nil
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || !at(u, router) || !describes(u) {
		return nil
	}
	return u
}

// A router, or who poses as it, says by an address what we ask its web server for.
// So no more is taken of that than routers need: a port that isn't another service's, a
// plain path, and no query, but for the one of Windows computers that share their
// connection. Paths can't be listed, since each make has its own.
var (
	plainPath   = regexp.MustCompile(`^/[A-Za-z0-9._~:/-]{0,255}$`)
	documents   = regexp.MustCompile(`\.xml$|/uuid:[^/]+$`)
	sharedQuery = regexp.MustCompile(`^(content|control)=uuid:[0-9a-fA-F-]{36}(\+urn:[A-Za-z0-9:-]{1,80})?$`)
)

// at reports whether u leads to a web server at router, and nothing but its address
// says where.
func at(u *url.URL, router netip.Addr) bool {
	host, port, err := addr.OfURL(u)
	ip, ipErr := netip.ParseAddr(host)
	return err == nil && ipErr == nil && ip == router && u.Scheme == "http" && u.User == nil && u.Fragment == "" &&
		(port == 80 || foreign.Port(int(port))) && plainPath.MatchString(u.EscapedPath()) &&
		(!u.ForceQuery && u.RawQuery == "" || sharedQuery.MatchString(u.RawQuery))
}

// describes reports whether u is what descriptions of devices are called, and not
// what orders are: nothing happens where one is only read.
func describes(u *url.URL) bool {
	return documents.MatchString(u.EscapedPath()) || sharedQuery.MatchString(u.RawQuery)
}

// portOf returns the port that u leads to, 0 if it leads nowhere.
func portOf(u *url.URL) uint16 {
	_, port, _ := addr.OfURL(u)
	return port
}
