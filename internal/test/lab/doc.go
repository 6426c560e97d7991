// Package lab gives tests that look from outside what they need: a network of
// their own, hosts in it, and processes of the built programs that can be
// waited for, killed and read.
//
//	            bridge 10.99.0.1        the test itself, servers
//	      ┌────────┴────────┐
//	10.99.0.2          10.99.0.3        hosts, each with a network stack
//	  sender            receiver        whose ways can be cut
//
// Networks of other shapes, with routers in them, are made of the same stacks by
// internal/test/netlab.
//
// It needs root on Linux. All it makes lives in namespaces of the test process
// and is gone when that ends, however it ends.
package lab
