package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Message is what a server sends to a client. Which fields matter depends on
// Type. Timestamps and other keys that no client acts on are not decoded, so
// nonsense in them does no harm.
type Message struct {
	Type string `json:"type"`
	// ID repeats the id of a command (ack, message); nil stands for null.
	ID *string `json:"id"`

	Welcome    *Welcome    `json:"welcome"`
	Nameplates []Nameplate `json:"nameplates"`
	Nameplate  string      `json:"nameplate"` // allocated
	Mailbox    string      `json:"mailbox"`   // claimed

	Side  string `json:"side"`  // message: its author
	Phase string `json:"phase"` // message
	Body  string `json:"body"`  // message: hexadecimal

	Error  string          `json:"error"`
	Retry  int             `json:"retry"` // error: in how many seconds to send the command again; 0: never
	Orig   json.RawMessage `json:"orig"`  // error: the offending command
	Pong   json.RawMessage `json:"pong"`
	Ticket string          `json:"ticket"` // ticket
	After  int             `json:"after"`  // moving: in how many seconds to come back
}

// A Nameplate is one entry of a nameplates message.
type Nameplate struct {
	ID string `json:"id"`
}

// Welcome is the greeting that a server sends before anything else.
type Welcome struct {
	// MOTD is a message from the operator to the user.
	MOTD string `json:"motd,omitempty"`
	// Error says that the server won't serve this client, and why.
	Error string `json:"error,omitempty"`
	// CLIVersion is the version of the "wormhole" program that the operator
	// recommends.
	CLIVersion string `json:"current_cli_version,omitempty"`
	// YourAddress is the client's address as the server sees it.
	YourAddress *Address `json:"your-address,omitempty"`
	// PermissionRequired maps names of methods, such as MethodToken, to their parameters.
	PermissionRequired map[string]json.RawMessage `json:"permission-required,omitempty"`
	// Sesame is what only servers of this project say.
	Sesame *Extension `json:"sesame,omitempty"`
}

// An Address is a client's address as the server sees it.
type Address struct {
	Port int    `json:"port"`
	IPv4 string `json:"ipv4,omitempty"`
	IPv6 string `json:"ipv6,omitempty"`
}

// An Extension tells how to reach the transit relay and the STUN server that
// run beside the mailbox server. It can't name another host: a client combines it with the
// host it dialled, so that no server can send its clients elsewhere.
type Extension struct {
	// RelayPort is the TCP port of the transit relay, 0 if there is none.
	RelayPort int `json:"relay-port,omitempty"`
	// RelayPath is the path of the relay's WebSocket on the server's own port,
	// empty if there is none.
	RelayPath string `json:"relay-path,omitempty"`
	// Lanes is how many connections through the relay two clients may have at a
	// time, 1 to MaxLanes; 0 where that isn't said.
	Lanes int `json:"lanes,omitempty"`
	// STUNPorts are the UDP ports where STUN requests are answered: the main
	// one, and one that answers in its place when it is asked to change ports.
	// The second may be missing, or both.
	STUNPorts []int `json:"stun-ports,omitempty"`
	// SeatsReturn says that the seat of a side that left before the other one
	// had answered it is free again, and its messages are gone, so that the same
	// code may be tried again.
	SeatsReturn bool `json:"seats-return,omitempty"`
	// Contact is how to reach who runs the server, in a line.
	Contact string `json:"contact,omitempty"`
	// Pressure says how large a share of the codes at this server is being
	// guessed wrong, 0 to 3. Clients make longer codes from 1 on.
	Pressure int `json:"pressure"`
	// Level says how hard the server defends itself, 0 to 3 (doc/relay.md §5.5).
	Level int `json:"level,omitempty"`
}

// ParseMessage reads what a server sent. It checks form and size, not sense,
// and of each type only the keys that matter: a client has no reason to fail
// over an ack's id or a time. A message of an unknown type has only its Type.
func ParseMessage(b []byte) (Message, error) {
	if len(b) > MaxFrame {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	var m Message
	var keys map[string]json.RawMessage
	if err := decode(tame(b), &keys); err != nil {
		return Message{}, err
	}
	if err := read(keys, "type", &m.Type); err != nil || m.Type == "" {
		return Message{}, fmt.Errorf("%w: no type", ErrMalformed)
	}
	var err error
	switch m.Type {
	case WelcomeType:
		if err = read(keys, "welcome", &m.Welcome); err == nil && m.Welcome == nil {
			err = fmt.Errorf("%w: an empty welcome", ErrMalformed)
		}
	case Ack:
		if read(keys, "id", &m.ID) != nil {
			m.ID = nil
		}
	case Nameplates:
		err = read(keys, "nameplates", &m.Nameplates)
	case Allocated:
		err = read(keys, "nameplate", &m.Nameplate)
	case Claimed:
		err = read(keys, "mailbox", &m.Mailbox)
	case MessageType:
		err = errors.Join(read(keys, "side", &m.Side), read(keys, "phase", &m.Phase), read(keys, "body", &m.Body))
		if read(keys, "id", &m.ID) != nil {
			m.ID = nil
		}
	case Pong:
		m.Pong = keys["pong"]
	case Moving:
		err = read(keys, "after", &m.After)
	case TicketType:
		err = read(keys, "ticket", &m.Ticket)
	case ErrorType:
		err = errors.Join(read(keys, "error", &m.Error), read(keys, "retry", &m.Retry))
		m.Orig = keys["orig"]
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// read decodes one key, if it is there.
func read(keys map[string]json.RawMessage, name string, v any) error {
	raw, ok := keys[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %q has the wrong type", ErrMalformed, name)
	}
	return nil
}

// tame replaces the numbers NaN, Infinity and -Infinity, which aren't JSON but
// which Python writes, by null. It returns b itself if there are none.
func tame(b []byte) []byte {
	if !bytes.Contains(b, []byte("NaN")) && !bytes.Contains(b, []byte("Infinity")) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/3)
	quoted := false
	for i := 0; i < len(b); i++ {
		if !quoted {
			for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
				if bytes.HasPrefix(b[i:], []byte(word)) {
					out = append(out, "null"...)
					i += len(word)
					break
				}
			}
			if i == len(b) {
				break
			}
		}
		out = append(out, b[i])
		switch {
		case b[i] == '"':
			quoted = !quoted
		case quoted && b[i] == '\\' && i+1 < len(b):
			i++
			out = append(out, b[i])
		}
	}
	return out
}

// Encode returns the message as the JSON of one frame: only the keys that its
// type has, with the time of sending. Absent keys matter: some clients take a
// null "error" in a welcome for an error.
func (m Message) Encode(now time.Time) []byte {
	// Nearly all messages are of these types, and a map costs many times as much.
	switch m.Type {
	case Ack:
		return newFrame(m.Type, 0).id(m.ID).sent(now)
	case MessageType:
		return newFrame(m.Type, len(m.Side)+len(m.Phase)+len(m.Body)).
			text("side", m.Side).text("phase", m.Phase).text("body", m.Body).id(m.ID).time("server_rx", now).sent(now)
	case Claimed:
		return newFrame(m.Type, len(m.Mailbox)).text("mailbox", m.Mailbox).sent(now)
	case Allocated:
		return newFrame(m.Type, len(m.Nameplate)).text("nameplate", m.Nameplate).sent(now)
	case Released, Closed:
		return newFrame(m.Type, 0).sent(now)
	}
	v := map[string]any{"type": m.Type, "server_tx": Seconds(now)}
	switch m.Type {
	case WelcomeType:
		v["welcome"] = m.Welcome
	case Nameplates:
		v["nameplates"] = m.Nameplates
		if m.Nameplates == nil {
			v["nameplates"] = []Nameplate{}
		}
	case Pong:
		v["pong"] = m.Pong
	case TicketType:
		v["ticket"] = m.Ticket
	case Moving:
		v["after"] = m.After
	case ErrorType:
		v["error"], v["orig"] = m.Error, m.Orig
		if m.Retry > 0 {
			v["retry"] = m.Retry
		}
	}
	return encode(v)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("wire: internal error: a message that can't be encoded: " + err.Error())
	}
	return b
}

// Seconds returns t as the protocol writes times: seconds since 1970.
func Seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
