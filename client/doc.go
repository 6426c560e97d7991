// Package client does what every front end of sesame does alike: two people who
// share a code meet, what they have agreed on as policy is kept, and files cross.
// It knows no screen: what happens is told as events, what only a person can know
// is asked of an Asker.
//
//	sender                                      receiver
//	New, Send                                   New, Receive
//	  CodeMade "7-crossover-clockwork"  ─ ─ spoken ─ ─ ►  Sender.Code, or Asker.Code
//	  Waiting …                                   Waiting …
//	  [Asker.Verify]                              [Asker.Verify]
//	  Listing                                     Offered, Asker.Accept, Asker.Conflict
//	  Connected, Progressed …                     Connected, Progressed …
//	  Finished                                    Received, Finished
//
// By default a transfer is native and post-quantum where the other program is a
// sesame, it can be gone on with when it was interrupted, and what can't cross
// directly goes through the relay that the mailbox server announces.
//
// A context ends everything that a call has begun, in an orderly way that takes 5
// seconds at most: the other side is told, and what is held at servers is given
// back. Nothing is left running, and nothing is global: any number of clients, and
// of calls of one client, may be at work at once. ForbidDumps alone is about the whole
// process, and is a program's to call.
//
// What a peer or a server says is bounded, but not safe to print unless that is
// said.
package client
