package classic

import (
	"context"
	"encoding/json"

	"sesame/transit"
)

// transitEndpoint is an endpoint of package transit.
type transitEndpoint struct {
	*transit.Endpoint
	connected func(transit.Path)
}

// listenTransit opens endpoints of package transit.
func listenTransit(cfg *transit.Config, connected func(transit.Path)) listenFunc {
	return func(ctx context.Context, sender bool, key []byte) (endpoint, error) {
		role := transit.Follower
		if sender {
			role = transit.Leader
		}
		ep, err := transit.Listen(ctx, role, key, cfg)
		if err != nil {
			return nil, err
		}
		return &transitEndpoint{ep, connected}, nil
	}
}

func (e *transitEndpoint) hints() (json.RawMessage, error) { return json.Marshal(e.Message()) }

func (e *transitEndpoint) connect(ctx context.Context, peer json.RawMessage) (conn, error) {
	m := transit.Message{Ways: e.Message().Ways}
	if err := json.Unmarshal(peer, &m); err != nil {
		return nil, nonsense("its transit message: %v", err)
	}
	c, err := e.Connect(ctx, m)
	if err != nil {
		return nil, err
	}
	e.connected(c.Path())
	return c, nil
}
