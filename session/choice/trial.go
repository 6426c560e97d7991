package choice

import "time"

// A trial measures what hosts and guests carry while some of them are held back: from when
// these have brought home what they had before. The zero value is that of one that begins.
type trial struct {
	from          time.Time // zero until then
	hosts, guests int64     // bytes carried by then
}

// measure takes what is to be seen in a trial that began at a time, while both did sum
// bytes a second before. It returns the rates, once they are known.
func (t *trial) measure(v *view, began time.Time, drained bool, sum float64) (hosts, guests float64, done bool) {
	h, g := v.carried()
	if t.from.IsZero() || h < t.hosts || g < t.guests { // a lane is gone
		if drained || v.now.Sub(began) >= drainTime {
			*t = trial{v.now, h, g}
		}
		return 0, 0, false
	}
	took := v.now.Sub(t.from)
	if took < min(max(trialTime, trialTrips*v.rtt, seconds(trialBytes/max(sum, 1))), longestTrial) {
		return 0, 0, false
	}
	return float64(h-t.hosts) / took.Seconds(), float64(g-t.guests) / took.Seconds(), true
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
