package main

import (
	"fmt"
	"math"
	"time"

	"sesame/client"
)

// pathIs describes a path.
type pathIs struct {
	Path string   `json:"path"`
	Kind string   `json:"kind"`
	RTT  *float64 `json:"rtt_ms"` // null while it isn't known
}

// used says what a path does for the transfer.
type used struct {
	Carries int64   `json:"carries"` // bytes a second of late; 0 while nothing can be said
	Why     string  `json:"why"`     // only, faster or nearer
	Share   float64 `json:"share"`   // of what all paths carry
}

func describeUse(c client.Connected) used {
	u := c.Path.Use
	if u.Why == "" { // only the native protocol has more than one
		return used{u.Carries, "only", 1}
	}
	return used{u.Carries, u.Why, math.Round(u.Share*100) / 100}
}

func describePath(c client.Connected) pathIs {
	p := c.Path
	e := pathIs{Path: p.Words(), Kind: p.Kind.String()}
	if p.RTT > 0 {
		ms := float64(p.RTT.Round(time.Microsecond)) / float64(time.Millisecond)
		e.RTT = &ms
	}
	return e
}

// connected is the first path, another one, or any after none was left.
type connected struct {
	pathIs
	protection
	used

	path string // with its round-trip time
}

// protection is what a session is protected by.
type protection struct {
	Protocol    string `json:"protocol"` // native or classic
	PostQuantum bool   `json:"post_quantum"`
}

// protectionOf says what protects a session.
func protectionOf(c client.Connected) protection {
	if c.Native {
		return protection{"native", true}
	}
	return protection{"classic", false}
}

func (p protection) String() string {
	if p.PostQuantum {
		return p.Protocol + ", post-quantum"
	}
	return p.Protocol
}

func (connected) name() string { return "connected" }
func (c connected) words() string {
	return fmt.Sprintf("Connected: %s; %s\n", c.path, c.protection)
}

// remeasured is the same path with another round-trip time, or another part in the
// transfer.
type remeasured struct {
	pathIs
	used
}

func (remeasured) name() string  { return "path" }
func (remeasured) words() string { return "" }

// lost is when no path is left.
type lost struct{}

func (lost) name() string { return "lost" }
func (lost) words() string {
	return "The connection is lost. Looking for another way; nothing that arrived has to be sent again.\n"
}

// progress is how far a transfer is.
type progress struct {
	Done  int64  `json:"done"`
	Total *int64 `json:"total"` // null while a stream hasn't ended
	Rate  int64  `json:"rate"`  // bytes a second; 0 while nothing can be said
}

func (progress) name() string  { return "progress" }
func (progress) words() string { return "" } // see meter.line
