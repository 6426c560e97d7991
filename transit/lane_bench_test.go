//go:build unix

package transit

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"sesame/transit/record"
)

// BenchmarkLane is one goroutine at each end of each lane, over loopback TCP,
// with records of 256 KiB. "none" is TCP alone. It reports the processor time
// of both ends together.
func BenchmarkLane(b *testing.B) {
	const size = 256 << 10
	for _, suite := range []record.Suite{0, record.AES256GCM, record.ChaCha20Poly1305} {
		for _, lanes := range []int{1, 2} {
			name := "none"
			if suite != 0 {
				name = suite.String()
			}
			b.Run(fmt.Sprintf("%s/%d", name, lanes), func(b *testing.B) {
				var ends []func(n int)
				for range lanes {
					x, y := connPair(b)
					defer x.Close()
					defer y.Close()
					if suite == 0 {
						ends = append(ends, plainEnds(x, y)...)
					} else {
						ends = append(ends, laneEnds(lanePair(b, suite, x, y))...)
					}
				}
				b.SetBytes(int64(size * lanes))
				runtime.GC()
				before := processorTime()
				b.ResetTimer()
				var all sync.WaitGroup
				for _, end := range ends {
					all.Go(func() { end(b.N) })
				}
				all.Wait()
				b.StopTimer()
				gib := float64(b.N*lanes*size) / (1 << 30)
				b.ReportMetric((processorTime()-before).Seconds()/gib, "cpu-s/GiB")
			})
		}
	}
}

// laneEnds returns functions that send and receive n records.
func laneEnds(s, r *Lane) []func(n int) {
	return []func(int){
		func(n int) {
			buf := make([]byte, record.MaxPayload+record.Overhead)
			for range n {
				if s.Write(1, buf, 256<<10) != nil {
					return
				}
			}
		},
		func(n int) {
			for range n {
				if _, _, err := r.Read(); err != nil {
					return
				}
			}
		},
	}
}

func plainEnds(s, r net.Conn) []func(n int) {
	return []func(int){
		func(n int) {
			buf := make([]byte, 256<<10)
			for range n {
				s.Write(buf)
			}
		},
		func(n int) {
			buf := make([]byte, 264<<10)
			for left := n * 256 << 10; left > 0; {
				k, err := r.Read(buf)
				if err != nil {
					return
				}
				left -= k
			}
		},
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
