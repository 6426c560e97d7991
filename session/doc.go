// Package session holds one conversation between two peers under one key. It outlives
// the lanes that carry it, and carries numbered exchanges in both directions. It knows
// no file.
//
//	either side                                             the other
//	          by mailbox
//	hints                               <───>               hints
//	          over lanes, as soon as there is one
//	OPEN n, kind                         ──>                Handler.Opened
//	MESSAGE n …                         <──>                MESSAGE n …
//	DATA … of n, on any lane             ══>                Content.Take
//	                                     <──                ACK: what a lane brought is dealt with
//	TEXT                                 ──>                Handler.Heard
//	DROP n                              <──>                that exchange has ended
//	LEAVE                               <──>                when both have said so, and nothing is unsettled,
//	                                                        the lanes end
//
// Each side numbers its own exchanges, from 0 on. Exchanges that carry content have
// control messages of their own (types 1 to 31, [Message]), every other kind begins
// with OPEN. Control messages are numbered, and arrive once and in order, whichever
// lane brings them; content says where it belongs, so any lane may carry any of it, and
// twice: what a lane had not acknowledged when it was lost is asked for again
// ([Bulk]). When all lanes are gone, both sides exchange addresses by mailbox again.
//
// A lane has one goroutine that reads and one that writes. The one that reads can't
// write: what it finds is due (an acknowledgement, an answer to a ping) is a mark for
// the other. So two sides whose connections are full in both directions never wait for
// each other.
//
// What goroutines share is a state that only its lock gives out (desk); what decides
// has no clock, no goroutine and no lane.
//
// The peer knows the code but is not trusted: the first rule that it breaks ends the
// session with a *ProtocolError.
//
// Source: doc/native.md §5 and §8.
package session
