// Package interop runs the built programs against other implementations of
// Magic Wormhole, from outside: real processes, real sockets, files compared
// afterwards. All of it is in its tests.
//
// The tests make a network namespace of their own, because one of the other
// clients knows only a relay with a fixed name and port. That needs root on
// Linux; elsewhere they are skipped, and say why.
//
//	        our relay  10.99.0.1:*, :4001
//	        their servers  10.99.0.2:*, :4001
//	client ──┴── client      every client sees transit.magic-wormhole.io as
//	                         the relay of the cell it runs in
package interop
