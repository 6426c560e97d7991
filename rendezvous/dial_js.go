package rendezvous

import (
	"context"
	"errors"
	"net/url"

	"sesame/internal/pagesocket"
	"sesame/internal/wire"
)

// HTTPClient is nothing where the browser makes the connections.
type HTTPClient struct{}

// dialer returns what makes connections to u, through the browser.
func dialer(u *url.URL, _ *HTTPClient) (dial func(context.Context) (socket, error), end func()) {
	return func(ctx context.Context) (socket, error) {
		conn, err := pagesocket.Dial(ctx, u.String(), wire.MaxFrame)
		if err != nil {
			return nil, err
		}
		return pageSocket{conn}, nil
	}, func() {}
}

type pageSocket struct{ conn *pagesocket.Conn }

func (s pageSocket) read(ctx context.Context) ([]byte, error) {
	frame, err := s.conn.Read(ctx)
	if errors.Is(err, pagesocket.ErrTooLarge) {
		err = errTooLarge
	}
	return frame, err
}

func (s pageSocket) write(ctx context.Context, frame []byte) error {
	return s.conn.WriteText(ctx, frame)
}

// ping finds out nothing more than that the browser believes in the connection:
// pages can't send pings.
func (s pageSocket) ping(context.Context) error {
	select {
	case <-s.conn.Ended():
		return errors.New("the connection has ended")
	default:
		return nil
	}
}

func (s pageSocket) close() { s.conn.Close() }

// goesAway would report whether a server has closed the connection because it is being stopped: a page is
// told of an end alone.
func goesAway(error) bool { return false }
