// Package reach holds the built programs to what they must do in all sorts of
// networks: which way they find to each other, what they call it, and how they
// live through its loss. All of it is in its tests, each with a drawing of its
// network, which internal/test/netlab makes.
//
// The tests need root on Linux; elsewhere they are skipped, and say so.
package reach
