//go:build linux

package benchnet

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"sesame/internal/test/lab"
)

const (
	iperfPort = 5201             // and the nine after it
	iperfLag  = 60 * time.Second // how much longer it may take to end
)

// iperf is the flow of iperf3 with those arguments, over all legs of a scene at the same
// time, as a relay loads them: what counts is the least.
func iperf(args string) flow {
	return flow{"iperf3 " + args, func(s *scene, _ int64) outcome {
		s.t.Helper()
		return s.iperf(*iperfTime, args)
	}}
}

func (s *scene) iperf(for_ time.Duration, args string) outcome {
	s.t.Helper()
	var servers []*lab.Process
	for n, l := range s.legs {
		server := lab.Start(s.t, "iperf3", l.to.Command("iperf3", "--server", "--one-off", "--forceflush", "--port", fmt.Sprint(iperfPort+n)))
		server.Await(s.t, patience, "Server listening")
		servers = append(servers, server)
	}
	results := make([]iperfResult, len(s.legs))
	var all sync.WaitGroup
	for n, l := range s.legs {
		all.Go(func() {
			arguments := append([]string{"--client", l.at.String(), "--port", fmt.Sprint(iperfPort + n),
				"--time", fmt.Sprint(int(for_.Seconds())), "--interval", "0.5", "--json"}, strings.Fields(args)...)
			out, err := l.from.Command("timeout", append([]string{fmt.Sprint(int((for_ + iperfLag).Seconds())), "iperf3"}, arguments...)...).Output()
			results[n] = readIperf(out, err)
		})
	}
	all.Wait()
	o := outcome{rate: rate(math.Inf(1)), says: map[string]float64{}, command: fmt.Sprintf("iperf3 --client RECEIVER --time %d %s", int(for_.Seconds()), args)}
	for n, r := range results {
		servers[n].Kill()
		if r.Error != "" {
			s.t.Errorf("iperf3: %s", r.Error)
		}
		if got := rate(r.End.Received.Rate); got < o.rate {
			o.rate = got
			o.says["second half"] = r.secondHalf() / 1e6
		}
		o.control = r.End.Control
		o.says["sent twice %"] = max(o.says["sent twice %"], r.again())
	}
	return o
}

// An iperfResult is what iperf3 says with --json.
type iperfResult struct {
	Error     string
	Intervals []struct {
		Sum struct {
			Rate float64 `json:"bits_per_second"`
		}
	}
	End struct {
		Sent struct {
			Bytes       float64
			Retransmits float64
		} `json:"sum_sent"`
		Received struct {
			Rate float64 `json:"bits_per_second"`
		} `json:"sum_received"`
		Control string `json:"sender_tcp_congestion"`
	}
}

func readIperf(out []byte, err error) (r iperfResult) {
	if e := json.Unmarshal(out, &r); e != nil || r.Error == "" && err != nil {
		r.Error = fmt.Sprintf("%v, %v", err, e)
	}
	return r
}

// secondHalf is what it sent in the second half of its time, in bits a second.
func (r iperfResult) secondHalf() (mean float64) {
	half := r.Intervals[len(r.Intervals)/2:]
	for _, i := range half {
		mean += i.Sum.Rate / float64(len(half))
	}
	return mean
}

// again is how much of a hundred it sent twice.
func (r iperfResult) again() float64 {
	const segment = 1448
	if r.End.Sent.Bytes == 0 {
		return 0
	}
	return 100 * r.End.Sent.Retransmits * segment / r.End.Sent.Bytes
}
