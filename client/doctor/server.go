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

// brief is an error without what every connection goes through, safe to print.
type brief struct{ error }

func (b brief) Error() string { return reason.Of(b.error) }
func (b brief) Unwrap() error { return b.error }

// advice says what to do about an error of TLS, and otherwise what is given.
func advice(err error, otherwise client.Code) Phrase {
	switch reason.Find(err).Kind {
	case reason.Expired:
		return Phrase{Code: AdviseClock}
	case reason.Unsigned, reason.OtherName:
		return Phrase{Code: AdviseBetween}
	case reason.NoRoots:
		return Phrase{Code: AdviseRoots}
	case reason.NotTLS:
		return Phrase{Code: AdvisePlain}
	}
	return Phrase{Code: otherwise}
}

func named(f *survey.Name) Finding {
	if f.Err != nil {
		return find(NameFails, f.Host, brief{f.Err})
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
		return find(ServerUnreached, f.Err)
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
		return find(HTTPFails, brief{f.Err}, advice(f.Err, ""))
	case f.TLS == 0:
		return find(TLSNone)
	case days < leastValid:
		return find(CertificateEnds, days)
	}
	return find(TLS, tls.VersionName(f.TLS), days)
}

func welcome(f *survey.Welcome) Finding {
	var list []Phrase
	for _, at := range []string{f.Address, f.URL} {
		if at != "" {
			list = append(list, Phrase{AnnouncesRelay, []any{at}})
		}
	}
	for _, at := range f.STUN {
		list = append(list, Phrase{AnnouncesSTUN, []any{at}})
	}
	if len(list) == 0 {
		return find(AnnouncesNothing)
	}
	return find(Announces, list)
}
