// Package sharedport lets connections go out from the port of a listener, so that a
// NAT gives both the same port outside.
package sharedport
