package wire

import (
	"strconv"
	"time"
)

// A frame is a message that is being written as JSON, without what package encoding/json
// costs for each.
type frame []byte

// newFrame begins a frame with its type. room is for the texts in it.
func newFrame(kind string, room int) frame {
	return frame(make([]byte, 0, room+160)).text("type", kind)
}

func (f frame) key(name string) frame {
	if len(f) == 0 {
		f = append(f, '{')
	} else {
		f = append(f, ',')
	}
	f = append(f, '"')
	f = append(f, name...)
	return append(f, '"', ':')
}

func (f frame) text(name, s string) frame { return f.key(name).quoted(s) }

func (f frame) quoted(s string) frame {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(f, encode(s)...)
		}
	}
	f = append(f, '"')
	f = append(f, s...)
	return append(f, '"')
}

// id writes the label of a command, or null.
func (f frame) id(id *string) frame {
	f = f.key("id")
	if id == nil {
		return append(f, "null"...)
	}
	return f.quoted(*id)
}

func (f frame) time(name string, t time.Time) frame {
	return strconv.AppendFloat(f.key(name), Seconds(t), 'f', -1, 64)
}

// sent ends a frame with the time at which it is sent.
func (f frame) sent(at time.Time) []byte { return append(f.time("server_tx", at), '}') }
