// Package skew lets programs of two ages work together, from outside: an earlier
// commit of this repository, whose programs are in use, is built and meets those of
// today, at servers of either age and at another implementation's. All of it is in
// its tests.
package skew
