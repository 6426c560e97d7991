package choice

import "time"

// A Trail remembers how much had been carried when. The zero value is that of something
// that hasn't carried anything. It isn't safe for concurrent use.
type Trail struct {
	spacing time.Duration // of samples; sampleTime if it is less
	at      [samples]time.Time
	sum     [samples]int64
	n       int // samples taken, ever
}

// Note takes that total bytes have been carried by now, in all, and reports whether it
// keeps that: not each of what comes in one moment.
func (t *Trail) Note(total int64, now time.Time) (kept bool) {
	if t.n > 0 && now.Sub(t.at[(t.n-1)%samples]) < max(t.spacing, sampleTime) {
		return false
	}
	t.at[t.n%samples], t.sum[t.n%samples] = now, total
	t.n++
	return true
}

// Rate returns how many bytes a second were carried in the last d, total being the sum by
// now. What is younger than d has carried nothing before.
func (t *Trail) Rate(total int64, d time.Duration, now time.Time) float64 {
	oldest := max(0, t.n-samples)
	for k := t.n - 1; k >= oldest; k-- {
		if age := now.Sub(t.at[k%samples]); age >= d || k == oldest {
			return float64(total-t.sum[k%samples]) / max(age, d).Seconds()
		}
	}
	return 0
}
