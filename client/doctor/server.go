package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"time"

	"sesame/client"
	"sesame/internal/reason"
	"sesame/transit/survey"
)

// advice says what to do about an error of TLS, and otherwise what is given; nil if
// that is nothing.
func advice(err error, otherwise client.Code) *client.Failure {
	switch reason.Find(err).Kind {
	case reason.Expired:
		return part(AdviseClock)
	case reason.Unsigned:
		return part(AdviseOwn)
	case reason.OtherName:
		return part(AdviseBetween)
	case reason.NoRoots:
		return part(AdviseRoots)
	case reason.NotTLS:
		return part(AdvisePlain)
	}
	if otherwise == "" {
		return nil
	}
	return part(otherwise)
}

func named(f *survey.Name) Finding {
	if f.Err != nil {
		return find(NameFails, f.Host, client.Connection(f.Err))
	}
	four, six := false, false
	var all []string
	for _, ip := range f.IPs {
		four, six = four || ip.Is4(), six || ip.Is6()
		all = append(all, ip.String())
	}
	code := Name
	switch {
	case !four:
		code = NameOnlyIPv6
	case !six && !slices.Contains(all, f.Host): // else it is no name
		code = NameOnlyIPv4
	}
	return find(code, f.Host, all)
}

func mailbox(f *survey.Mailbox) Finding {
	if f.Err == nil {
		return find(ServerSpeaks, f.Host, f.Took)
	}
	switch why := client.Explain(f.Err); {
	case why.Code == client.Server:
		return find(ServerUnreached, client.Connection(f.Err))
	case why.Code == client.Network && errors.Is(f.Err, context.DeadlineExceeded):
		return find(ServerSilent, f.Host)
	default:
		return Finding{Problem, why.Code, why.Args}
	}
}

// maxSkew is how wrong a clock may be before somebody is told.
const maxSkew = 30 * time.Second

// leastValid is for how many days a certificate should be valid still.
const leastValid = 14

// clock compares ours with the server's.
func clock(f *survey.Page) Finding {
	switch {
	case !f.Time:
		return find(ClockUnknown)
	case f.Ahead.Abs() <= maxSkew:
		return find(Clock)
	case f.Ahead < 0:
		return find(ClockSlow, f.Ahead.Abs())
	}
	return find(ClockFast, f.Ahead)
}

// certificate says for how long the server's certificate is valid.
func certificate(f *survey.Page) Finding {
	days := int(f.Valid.Hours() / 24)
	switch {
	case f.Err != nil:
		return find(HTTPFails, client.Connection(f.Err), advice(f.Err, ""))
	case f.TLS == 0:
		return find(TLSNone)
	case days < leastValid:
		return find(CertificateEnds, days)
	}
	return find(TLS, tls.VersionName(f.TLS), days)
}

func welcome(f *survey.Welcome) Finding {
	var list []*client.Failure
	for _, at := range []string{f.Address, f.URL} {
		if at != "" {
			list = append(list, part(AnnouncesRelay, at))
		}
	}
	for _, at := range f.STUN {
		list = append(list, part(AnnouncesSTUN, at))
	}
	if len(list) == 0 {
		return find(AnnouncesNothing)
	}
	return find(Announces, list)
}
