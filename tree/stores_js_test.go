package tree_test

import "testing"

// diskShops is nothing: there is no disk here.
func diskShops() map[string]func(*testing.T) shop { return nil }
