package transit

import (
	"sesame/transit/way"
	"sesame/transit/way/relayed"
)

// Ways returns the sorts of path that a page has.
func Ways() *way.Set {
	return new(way.Set).
		With(relayed.Way{})
}
