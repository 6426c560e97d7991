package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sesame/internal/addr"
	"sesame/relay"
	"sesame/relay/trust"
)

// Kinds of values: how each is written, read and bounded.

// line is a line of text; most is its longest in bytes.
func line(p *string, most int) Setting {
	return Setting{Takes: "TEXT", get: func() string { return *p }, set: func(text string) error {
		if len(text) > most || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("takes one line of at most %d bytes", most)
		}
		*p = text
		return nil
	}}
}

// web is the URL of a service.
func web(p *string) Setting {
	s := line(p, lineLength)
	s.Takes = "URL"
	one := s.set
	s.set = func(text string) error {
		if u, err := url.Parse(text); text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return errors.New("isn't a URL, as https://acme.example.org/directory")
		}
		return one(text)
	}
	return s
}

// file is the name of a file or a folder.
func file(p *string) Setting {
	s := line(p, 4096)
	s.Takes = "FILE"
	return s
}

// port is where to listen; optional if it may be nowhere.
func port(p *string, optional bool) Setting {
	return Setting{Takes: "HOST:PORT", get: func() string { return *p }, set: func(text string) error {
		if text != "" || !optional {
			if _, _, err := addr.SplitListen(text); err != nil {
				return errors.New("isn't of the form HOST:PORT")
			}
		}
		*p = text
		return nil
	}}
}

// hosts are names and addresses, separated by commas.
func hosts(p *[]string) Setting {
	return Setting{Takes: "HOST", many: true, get: func() string { return strings.Join(*p, ",") }, set: func(text string) error {
		var all []string
		for _, n := range split(text) {
			if len(n) > 253 || strings.ContainsAny(n, "/ ") || strings.ContainsFunc(n, unicode.IsControl) {
				return errors.New("isn't a host name or an address, as in relay.example.com")
			}
			all = append(all, n)
		}
		*p = all
		return nil
	}}
}

// networks are addresses and networks, separated by commas.
func networks(p *[]netip.Prefix) Setting {
	return Setting{Takes: "CIDR", many: true, get: func() string {
		var all []string
		for _, n := range *p {
			all = append(all, n.String())
		}
		return strings.Join(all, ",")
	}, set: func(text string) error {
		var all []netip.Prefix
		for _, part := range split(text) {
			n, err := trust.Network(part)
			if err != nil {
				return errors.New("isn't a network or an address, as in 10.0.0.0/8 or 192.0.2.1")
			}
			all = append(all, n)
		}
		*p = all
		return nil
	}}
}

// split returns the parts of a list, without those that are empty.
func split(text string) (parts []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// toggle is on or off.
func toggle(p *bool) Setting {
	return Setting{set: func(text string) error {
		switch strings.ToLower(text) {
		case "yes", "true", "on", "1":
			*p = true
		case "no", "false", "off", "0":
			*p = false
		default:
			return errors.New("takes yes or no")
		}
		return nil
	}, get: func() string {
		if *p {
			return "yes"
		}
		return "no"
	}}
}

// number is a whole number.
func number(p *int, least, most int) Setting {
	bounds := fmt.Sprintf("%d to %d", least, most)
	return Setting{Takes: "NUMBER", Bounds: bounds, get: func() string { return strconv.Itoa(*p) }, set: func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Errorf("takes a number from %d to %d", least, most)
		}
		*p = n
		return nil
	}}
}

// units of sizes in bytes.
var units = []struct {
	name string
	size int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// level is a level of defence, or auto.
func level(p **int) Setting {
	return Setting{Takes: "LEVEL", Bounds: "auto, or 0 to 3", get: func() string {
		if *p == nil {
			return "auto"
		}
		return strconv.Itoa(**p)
	}, set: func(text string) error {
		if text == "auto" {
			*p = nil
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > relay.MaxLevel {
			return fmt.Errorf("takes auto, or a level from 0 to %d", relay.MaxLevel)
		}
		*p = &n
		return nil
	}}
}

// size is a number of bytes. One that may be off is none if it is 0.
func size[N int | int64](p *N, least, most int64, off bool) Setting {
	bounds := formatSize(least) + " to " + formatSize(most)
	if off {
		bounds += ", or 0 for no limit"
	}
	return Setting{Takes: "SIZE", Bounds: bounds, get: func() string { return formatSize(int64(*p)) }, set: func(text string) error {
		n, err := parseSize(text)
		if err != nil || (n < least || n > most) && !(off && n == 0) {
			return fmt.Errorf("takes a number of bytes such as 64KiB or 2MiB, %s", bounds)
		}
		*p = N(n)
		return nil
	}}
}

func formatSize(n int64) string {
	for _, u := range units {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// parseSize reads a size: a number, and what it is multiplied by, in either case and
// perhaps in short. As everywhere else here, K is 1024.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
	n, err := strconv.ParseInt(digits, 10, 64)
	unit := strings.TrimSpace(text[len(digits):])
	if err != nil || unit == "" {
		return n, err
	}
	for _, u := range units {
		if strings.EqualFold(unit, u.name) || strings.EqualFold(unit, u.name[:1]) {
			if n > 1<<62/u.size {
				return 0, errors.New("too large")
			}
			return n * u.size, nil
		}
	}
	return 0, errors.New("an unknown unit")
}

// span is a time.
func span(p *time.Duration, least, most time.Duration) Setting {
	bounds := formatSpan(least) + " to " + formatSpan(most)
	return Setting{Takes: "TIME", Bounds: bounds, get: func() string { return formatSpan(*p) }, set: func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			return fmt.Errorf("takes a time such as 30s or 5m, %s", bounds)
		}
		*p = d
		return nil
	}}
}

// formatSpan writes a time without parts that are zero.
func formatSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
