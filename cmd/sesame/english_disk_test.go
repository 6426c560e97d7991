package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sesame/client"
	"sesame/rendezvous"
	"sesame/transfer"
	"sesame/transit"
	trees "sesame/tree"
	"sesame/tree/manifest"
)

// systems are errors as systems and libraries make them.
var systems = []error{
	io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, net.ErrClosed,
	syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED, syscall.EHOSTUNREACH,
	syscall.EIO, syscall.EACCES, syscall.EROFS, syscall.ENOENT, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EBUSY, syscall.ENAMETOOLONG,
	syscall.Errno(517), errors.New("something odd"),
}

// around has, for an error of a system's, what the packages below make of it.
func around(err error) (all []error) {
	noPath := &transit.NoPathError{Tried: []transit.Path{{Kind: transit.Direct, Remote: "192.0.2.1:1"}}, Errs: []error{err}}
	all = append(all,
		err, fmt.Errorf("doing something: %w", err),
		&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)},
		&fs.PathError{Op: "write", Path: "x", Err: err}, &fs.PathError{Op: "odd", Path: "x", Err: err},
		&transfer.GoneError{Receives: true, Err: err}, &transfer.GoneError{Err: err}, &transfer.GoneError{Sent: true, Err: err},
		&transfer.GoneError{After: time.Minute, Err: err},
		&transfer.UntoldError{Err: err}, &transfer.UntoldError{Err: &transfer.GoneError{Err: err}},
		&transfer.ListError{Err: err}, &transfer.ListError{Err: &fs.PathError{Op: "stat", Path: "x", Err: err}},
		noPath, fmt.Errorf("%w: %w", transfer.ErrLost, noPath),
		fmt.Errorf("%w: %w", transfer.ErrIntegrity, err),
		&rendezvous.ConnectError{Host: "r.example", Err: err},
		client.Fail(client.NoRead, client.Explain(&transfer.DiskError{Op: trees.OpReading, Path: "x", Err: err})),
	)
	for _, op := range trees.Ops {
		all = append(all, &transfer.DiskError{Op: op, Path: "x", Err: err}, &transfer.DiskError{Op: op, Path: ".", Err: err, Discarded: true})
	}
	return all
}

// Fails if an error of a system's stands alone where people read what happened, or
// stands at the beginning of it, or hides a name of this program's own making.
func TestNoSystemErrorStandsAlone(t *testing.T) {
	letters := regexp.MustCompile(`[a-z]{2,}`)
	for _, system := range systems {
		for _, err := range around(system) {
			f := explain(err)
			rest := strings.ReplaceAll(f.Text, system.Error(), "")
			if len(letters.FindAllString(rest, -1)) < 1 || strings.HasPrefix(f.Text, system.Error()) || strings.Contains(f.Text, "{") {
				t.Errorf("%#v is told as %q", err, f.Text)
			}
			if f.Cause == client.Other && system != systems[len(systems)-1] && errors.As(err, new(*transfer.DiskError)) {
				t.Errorf("%#v has no code", err)
			}
		}
	}
}

// Fails if a text is nothing but one argument that holds words of others.
func TestNoTextIsWordsOfOthers(t *testing.T) {
	for _, e := range client.Codes() {
		w := wordings()[e.Code]
		switch e.Class {
		case client.ClassPart, client.ClassWhy, client.ClassWait, client.ClassQuestion:
			continue
		}
		if alone := regexp.MustCompile(`^\{(\w+)\}$`).FindStringSubmatch(w.text); alone != nil && alone[1] != "why" {
			t.Errorf("%s is nothing but {%s}", e.Code, alone[1])
		}
	}
}

// Fails if people read something else of a disk than logs say.
func TestDisksAreSaidAsInLogs(t *testing.T) {
	for trouble := trees.TroubleUnknown + 1; trouble <= trees.TroubleUnable; trouble++ {
		e := &transfer.DiskError{Op: trees.OpReading, Path: "x", Err: trouble, Free: 1000, Lacks: trees.LackBytes}
		if got := explain(e).Text; got != e.Error() && !e.Held() {
			t.Errorf("%q, but in logs %q", got, e.Error())
		}
	}
	for _, op := range trees.Ops {
		if op == trees.OpInto || op == trees.OpPlacing {
			continue
		}
		e := &transfer.DiskError{Op: op, Path: "x", Need: 5e9, Err: syscall.EIO}
		if got := explain(e).Text; got != e.Error() {
			t.Errorf("%q, but in logs %q", got, e.Error())
		}
	}
	for _, e := range []*transfer.DiskError{
		{Free: math.MaxUint64}, {Free: 1}, {Free: 5e9}, {Free: 5e9, Lacks: trees.LackBytes}, {Lacks: trees.LackFiles}, {Lacks: trees.LackFiles, Free: 3},
		{Free: 1, Discarded: true},
	} {
		e.Op, e.Path, e.Err = trees.OpWriting, "x", syscall.ENOSPC
		if got := explain(e).Text; got != e.Error() {
			t.Errorf("%q, but in logs %q", got, e.Error())
		}
	}
}

// Fails if the words that a peer is told who knows no codes differ from those that
// people read here of the same cause.
func TestCausesAreSaidAsOnTheWire(t *testing.T) {
	n := 0
	for cause := manifest.Cause(1); cause < 256; cause++ {
		why := manifest.Because(cause, 3, 5)
		if !cause.Known() {
			continue
		}
		f := client.Explain(why)
		text, _ := say(f.Code, f.Args)
		want := why.Words()
		if why.Changed() && cause != manifest.CauseChanged {
			want = "changed while sending: it " + want
		}
		if cause == manifest.CauseClassicName { // what is wrong with it follows
			want += ": "
		}
		if text != want {
			t.Errorf("%d: people read %q, and the peer %q", cause, text, want)
		}
		n++
	}
	if n < 45 {
		t.Errorf("only %d causes are known", n)
	}
	for code, said := range map[transfer.ReasonCode]client.Code{
		transfer.ReasonRule: client.SaysRule, transfer.ReasonList: client.SaysList, transfer.ReasonGrowth: client.SaysGrowth,
		transfer.ReasonDamaged: client.SaysDamaged, transfer.ReasonLate: client.SaysLate, transfer.ReasonChanged: client.SaysChanged,
		transfer.ReasonNoWay: client.SaysNoWay, transfer.ReasonStream: client.SaysStream, transfer.ReasonStuck: client.SaysStuck,
	} {
		if text, _ := say(said, nil); text != transfer.Because(code).Text() {
			t.Errorf("%d: people read %q, and the peer %q", code, text, transfer.Because(code).Text())
		}
	}
}
