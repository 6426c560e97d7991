// Package proxy makes connections by way of the proxies that a user or the
// environment names: HTTP CONNECT and SOCKS5, Tor among the latter.
//
//	sesame                      proxy                        server
//	CONNECT server:443  ─────►  looks up and connects  ────►
//	                    ◄─────  200
//	bytes               ◄────────────────────────────────►   bytes
//
// Names of servers are never looked up here: the proxy gets them as they are.
// What a proxy answers is hostile: it is bounded in size and time, and shown
// quoted. Credentials are in no error and no text.
//
// Source: doc/reach.md §2.
package proxy
