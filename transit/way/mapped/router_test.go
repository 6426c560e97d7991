package mapped

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A router is a gateway on loopback. Its zero fields behave.
type router struct {
	t        testing.TB
	pcp      bool // speaks it
	pmp      bool
	upnp     int    // version of its services, 0 for none
	external string // its address
	life     uint32 // that it grants, s

	// bend changes the answer to a request at the control port.
	bend func(request, answer []byte) [][]byte
	// location, page and control replace parts of UPnP.
	location string
	page     http.HandlerFunc
	control  string
	fault    int // instead of a mapping
	seen     func(*http.Request)

	mu    sync.Mutex
	ports map[string]bool // "TCP 1234": mapped
	asked []string

	udp, ssdp *net.UDPConn
	web       *httptest.Server
}

func (r *router) start(t testing.TB) *router {
	t.Helper()
	r.t, r.ports = t, map[string]bool{}
	if r.external == "" {
		r.external = "203.0.113.9"
	}
	if r.life == 0 {
		r.life = 600
	}
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	r.udp, r.ssdp = listen(), listen()
	r.web = httptest.NewServer(http.HandlerFunc(r.serve))
	var running sync.WaitGroup
	running.Go(func() { r.loop(r.udp, r.answer) })
	running.Go(func() { r.loop(r.ssdp, r.found) })
	t.Cleanup(func() {
		r.udp.Close()
		r.ssdp.Close()
		r.web.CloseClientConnections()
		r.web.Close()
		running.Wait()
	})
	return r
}

func (r *router) loop(c *net.UDPConn, answer func([]byte) [][]byte) {
	buf := make([]byte, 2000)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		for _, b := range answer(append([]byte(nil), buf[:n]...)) {
			c.WriteToUDPAddrPort(b, from)
		}
	}
}

func (r *router) note(name string, port uint16, mapped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprint(name, " ", port)
	r.ports[key] = mapped
	if !mapped {
		delete(r.ports, key)
	}
}

func (r *router) mapped() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key := range r.ports {
		all = append(all, key)
	}
	return all
}

// answer is the control port.
func (r *router) answer(b []byte) [][]byte {
	var out []byte
	names := map[byte]string{6: "TCP", 17: "UDP", pmpTCP: "TCP", pmpUDP: "UDP"}
	switch ip, _ := netip.ParseAddr(r.external); {
	case b[0] == pcpVersion && r.pcp && len(b) == pcpSize:
		out = append([]byte(nil), b...)
		out[1] |= pcpAnswer
		clear(out[3:24])
		life := min(binary.BigEndian.Uint32(b[4:]), r.life)
		binary.BigEndian.PutUint32(out[4:], life)
		a := ip.As16()
		copy(out[44:], a[:])
		r.note(names[b[36]], binary.BigEndian.Uint16(b[40:]), life > 0)
	case b[0] == pcpVersion && r.pmp:
		out = []byte{0, b[1] | pmpAnswer, 0, pcpOldVersion, 0, 0, 0, 1}
	case b[0] == 0 && r.pmp && len(b) == 2:
		a := ip.As4()
		out = append([]byte{0, pmpAnswer, 0, 0, 0, 0, 0, 1}, a[:]...)
	case b[0] == 0 && r.pmp && len(b) == 12:
		out = append([]byte{0, b[1] | pmpAnswer, 0, 0, 0, 0, 0, 1}, b[4:12]...)
		life := min(binary.BigEndian.Uint32(b[8:]), r.life)
		binary.BigEndian.PutUint32(out[12:], life)
		r.note(names[b[1]], binary.BigEndian.Uint16(b[4:]), life > 0)
	}
	if r.bend != nil {
		return r.bend(b, out)
	}
	if out == nil {
		return nil
	}
	return [][]byte{out}
}

// found is the port for searches.
func (r *router) found([]byte) [][]byte {
	if r.upnp == 0 {
		return nil
	}
	location := r.location
	if location == "" {
		location = r.web.URL + "/root.xml"
	}
	location = strings.Replace(location, "SELF", r.web.URL, 1)
	return [][]byte{fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nST: %s\r\nLOCATION: %s\r\nUSN: x\r\n\r\n", searched[0], location)}
}

var argument = regexp.MustCompile(`<(New\w+)>([^<]*)</`)

// serve is the web server.
func (r *router) serve(w http.ResponseWriter, req *http.Request) {
	if r.seen != nil {
		r.seen(req)
	}
	if r.page != nil {
		r.page(w, req)
		return
	}
	if req.Method == http.MethodGet {
		control := r.control
		if control == "" {
			control = "/control"
		}
		fmt.Fprintf(w, description, r.upnp, control)
		return
	}
	body, _ := io.ReadAll(req.Body)
	args := map[string]string{}
	for _, m := range argument.FindAllStringSubmatch(string(body), -1) {
		args[m[1]] = m[2]
	}
	_, action, _ := strings.Cut(strings.Trim(req.Header.Get("SOAPAction"), `"`), "#")
	r.mu.Lock()
	r.asked = append(r.asked, action)
	r.mu.Unlock()
	result := ""
	var port uint16
	fmt.Sscan(args["NewExternalPort"], &port)
	switch action {
	case "GetExternalIPAddress":
		result = "<NewExternalIPAddress>" + r.external + "</NewExternalIPAddress>"
	case "AddPortMapping", "AddAnyPortMapping":
		if r.fault != 0 {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, envelope, fmt.Sprintf(`<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode></UPnPError></detail></s:Fault>`, r.fault))
			return
		}
		r.note(args["NewProtocol"], port, true)
		if action == "AddAnyPortMapping" {
			result = fmt.Sprintf("<NewReservedPort>%d</NewReservedPort>", port)
		}
	case "DeletePortMapping":
		r.note(args["NewProtocol"], port, false)
	}
	fmt.Fprintf(w, envelope, fmt.Sprintf(`<u:%sResponse xmlns:u="x">%s</u:%sResponse>`, action, result, action))
}

const (
	envelope    = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>%s</s:Body></s:Envelope>`
	description = `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<URLBase>http://192.0.2.66/</URLBase><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><deviceList><device><deviceList><device>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:%d</serviceType><controlURL>%s</controlURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>`
)

// orders and search return the ports at which r is asked.
func (r *router) orders() netip.AddrPort { return r.udp.LocalAddr().(*net.UDPAddr).AddrPort() }
func (r *router) search() netip.AddrPort { return r.ssdp.LocalAddr().(*net.UDPAddr).AddrPort() }
