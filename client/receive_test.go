package client

import "testing"

// Fails if what no sender's screen shows is taken for an address.
func TestCheckTo(t *testing.T) {
	for to, good := range map[string]bool{
		"192.168.1.20:41234": true, "[fd00::2]:41234": true, "[fe80::2%eth0]:41234": true, "laptop.local:41234": true,
		"": true, "192.168.1.20": false, "192.168.1.20:": false, ":41234": false, "host:0": false, "host:65536": false,
		"host:x": false, "ws://host:41234/v1": false, "user@host:41234": false, "fd00::2:41234": false, "host/path:1": false,
	} {
		if err := (Sender{At: to}).Check(); (err == nil) != good {
			t.Errorf("%q: want %v", to, good)
		}
	}
}
