//go:build !js

package transit

import (
	"sesame/transit/way"
	"sesame/transit/way/mapped"
	"sesame/transit/way/open"
	"sesame/transit/way/punch"
	"sesame/transit/way/relayed"
	"sesame/transit/way/tcp"
)

// Ways returns the sorts of path that this system has.
func Ways() *way.Set {
	return new(way.Set).
		With(tcp.Way{}).
		With(relayed.Way{TCP: way.Dialer.Dial}).
		With(open.Way{}).
		With(punch.Way{}).
		With(mapped.Way{})
}
