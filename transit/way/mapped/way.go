package mapped

import (
	"context"
	"sync"

	"sesame/transit/way"
)

// This file is the way: it has the router lead ports here at which other ways listen,
// and those tell the peer. It comes after them.

// Way has the router lead ports here. The zero value asks the default gateway.
type Way struct{ Config }

func (Way) Form() way.Form { return way.Form{} }
func (Way) Tier() way.Tier { return way.Straight }
func (Way) Classic() bool  { return false }

// Allowed is false for who has a proxy, too.
func (Way) Allowed(c *way.Config) bool {
	return !c.NoDirect && !c.NoPortMapping && c.Dialer == nil
}

// Open begins to ask the router. It holds nothing up.
func (w Way) Open(_ context.Context, at *way.Site) (way.Finder, error) {
	w.Logger = at.Logger
	f := &finder{at: at, mapper: New(w.Config), changed: make(chan struct{}, 1), ended: make(chan struct{})}
	f.ask()
	f.running.Go(f.run)
	return f, nil
}

// A finder asks for ports of one Site.
type finder struct {
	way.Plain
	at      *way.Site
	mapper  *Mapper
	changed chan struct{}
	once    sync.Once
	ended   chan struct{} // closed when the ports are to be given back
	running sync.WaitGroup
}

// networks are the protocols of the ports that others listen at.
var networks = map[way.Network]Protocol{way.TCP: TCP, way.UDP4: UDP}

// ask asks for the ports that there are now.
func (f *finder) ask() {
	for network, protocol := range networks {
		if port := f.at.Port(network); port != 0 {
			f.mapper.Map(protocol, port)
		}
	}
}

// run notes where the router leads to us, and gives that back in the end.
func (f *finder) run() {
	defer f.mapper.Close()
	for {
		select {
		case <-f.ended:
			return
		case <-f.mapper.Changed():
			for network, protocol := range networks {
				port := f.at.Port(network)
				outside, _ := f.mapper.Mapped(protocol, port)
				f.at.Mapped(network, port, outside)
			}
			notify(f.changed)
		}
	}
}

func (f *finder) Changed() <-chan struct{} { return f.changed }

func (f *finder) Moved(changed, _ bool) {
	if changed {
		f.mapper.Move()
		f.ask()
	}
}

func (f *finder) Stop() { f.once.Do(func() { close(f.ended) }) }

func (f *finder) Close() error {
	f.Stop()
	f.running.Wait()
	return nil
}
