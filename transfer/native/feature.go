package native

import "sesame/transfer"

const (
	// featureFinal is SKIP and WHOLE, about what has its final name already.
	featureFinal = "final"
	// featureID is IDENTITY, which says of what an earlier run may have left something.
	featureID = "id"
	// featureReason is that reasons have a code.
	featureReason = transfer.FeatureReason
)

// Features returns the names of the optional parts of the protocol that this
// package knows, as a version message announces them (doc/native.md §1.5). Both
// sides use what both have.
func Features() []string { return []string{featureFinal, featureID, featureReason} }
