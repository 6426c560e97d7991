package transit

import (
	"sesame/internal/addr"
	"sesame/transit/way/mapped"
)

// This file has the router lead ports to this computer (package mapped) as Lanes
// use it. Source: doc/transit.md §7.

// mapFinder is who found the public address of our listener: see Lanes.offer.
const mapFinder = "mapped"

// mapPorts begins to ask the router to lead ports to our listener and to the UDP
// port, and tells the peer once it does. It holds nothing up; when ls is closed
// they are given back.
func (ls *Lanes) mapPorts() {
	if ls.cfg.NoDirect || ls.cfg.NoPortMapping || ls.cfg.Dialer != nil {
		return
	}
	m := mapped.New(mapped.Config{Logger: ls.cfg.Logger})
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.mapper = m
	port := uint16(0)
	if l := ls.here.listener; l != nil {
		port = addr.Of(l.Addr()).Port()
		m.Map(mapped.TCP, port)
	}
	ls.mapUDP()
	ls.parting.Go(func() {
		defer m.Close()
		for {
			select {
			case <-ls.work.ctx.Done():
				return
			case <-m.Changed():
				ls.noteMapped(port)
			}
		}
	})
}

// mapUDP asks for the UDP port that there is now.
func (ls *Lanes) mapUDP() {
	if ls.here.punch == nil {
		return
	}
	if v4, _ := ls.here.punch.Ports(); v4 != 0 {
		ls.mapper.Map(mapped.UDP, v4)
	}
}

// noteMapped tells the peer where the router leads to us now.
func (ls *Lanes) noteMapped(port uint16) {
	var hints []Hint
	if at, ok := ls.mapper.Mapped(mapped.TCP, port); ok {
		hints = append(hints, Hint{Type: typeDirect, Hostname: at.Addr().String(), Port: int(at.Port())})
	}
	ls.offer(mapFinder, hints)
	if agent := ls.here.punch; agent != nil {
		v4, _ := agent.Ports()
		if at, ok := ls.mapper.Mapped(mapped.UDP, v4); ok {
			agent.Add(at)
		}
	}
}
