// Package netlab makes internets for tests: hosts, LANs and NAT routers, of
// network namespaces, virtual Ethernet and nftables.
//
//	                    Internet                   forwards; knows no private
//	      ┌────────────┬────┴──────────┐           address; nothing leads out
//	203.0.113.2   203.0.113.10    203.0.113.18     links of their own, /29
//	   Host          Router          Router        NAT of some kind
//	                   │               │
//	              192.168.1.0/24  192.168.1.0/24   LANs, all with the same
//	               ┌───┴───┐           │           addresses, as at home
//	              .2       .3         .2
//	             Host     Host       Host
//
// A Router is a network to connect hosts and further routers to, like the Internet:
// a home behind the NAT of a carrier is a Router behind a Router.
//
// What the routers do is said in the words of RFC 4787 and is nftables' doing;
// the tests of this package ask from outside whether it is true, in the way in
// which STUN does.
//
// Like internal/test/lab, whose network stacks these are, it needs root on Linux, and
// nothing that it makes outlives the test process.
package netlab
