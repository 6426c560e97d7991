package native

import "sesame/tree"

// dealIdentity notes which transfer this is. It comes before the list is complete.
func (r *receiver) dealIdentity(body []byte) error {
	switch {
	case len(body) != len(r.id) || [16]byte(body) == r.id:
		return nonsense(msgIdentity)
	case r.m != nil || r.id != tree.ID{}:
		return broken("IDENTITY too late")
	}
	r.id = tree.ID(body)
	return nil
}
