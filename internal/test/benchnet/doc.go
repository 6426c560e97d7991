// Package benchnet measures what crosses lines that are long, lose packets, or are odd
// in other ways, beside iperf3, croc and earlier programs on the same line: the built
// programs, from outside, in networks of its own. It is no test of anything that has to
// be so on every machine: without -part only what is pure in it is tested.
//
// A row is a line, a network with that line in it, flows that cross one after another,
// and what has to be true of them. Rows are run round by round, so that what the
// machine does besides, and what it does to a whole round, falls on all alike.
//
//	rows ── rounds ── scene ── flows: sesame, iperf3, croc, several at once
//	                             │
//	                          outcomes ── demands ── table
package benchnet
