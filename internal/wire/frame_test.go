package wire

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// Fails when a message that is written without package encoding/json isn't what that would write.
func FuzzFrame(f *testing.F) {
	f.Add("side", "phase", "00ff", "id", int64(1764243779123456))
	f.Add("\"\\<&>", "\u2028\x00\x7f", "ä\xff😀", "", int64(0))
	f.Fuzz(func(t *testing.T, side, phase, body, id string, at int64) {
		now := time.UnixMicro(at % (1 << 52))
		for _, m := range []Message{
			{Type: Ack, ID: &id}, {Type: Ack}, {Type: MessageType, Side: side, Phase: phase, Body: body, ID: &id},
			{Type: Claimed, Mailbox: body}, {Type: Allocated, Nameplate: side}, {Type: Released}, {Type: Closed},
		} {
			want := map[string]any{"type": m.Type, "server_tx": Seconds(now)}
			switch m.Type {
			case Ack:
				want["id"] = m.ID
			case MessageType:
				want["side"], want["phase"], want["body"], want["id"], want["server_rx"] = side, phase, body, id, Seconds(now)
			case Claimed:
				want["mailbox"] = body
			case Allocated:
				want["nameplate"] = side
			}
			var got, plain map[string]any
			if err := json.Unmarshal(m.Encode(now), &got); err != nil {
				t.Fatalf("%s: %v", m.Encode(now), err)
			}
			json.Unmarshal(encode(want), &plain)
			if !reflect.DeepEqual(got, plain) {
				t.Errorf("%s, want %s", m.Encode(now), encode(want))
			}
		}
	})
}
