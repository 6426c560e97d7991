package client

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"sesame/rendezvous"
)

// A typing gets from somebody, one after the other, codes that can be used.
type typing struct {
	servers // where to go, which what is pasted may change
	from    Sender
	why     *Failure          // the code before was no good
	tried   []rendezvous.Code // which are used up
}

// next returns the code that somebody means: the one that was given, or one that is
// asked for, until it can be used and nobody finds that it is mistyped. asked has the
// call that was made meanwhile.
func (c *typing) next(ctx context.Context, asked *calling) (code rendezvous.Code, err error) {
	for {
		typed := c.from.Code
		if typed == "" || c.why != nil {
			if typed, err = c.ask(ctx, asked); err != nil {
				return code, err
			}
		}
		code, err = c.read(ctx, typed)
		if err == nil && slices.Contains(c.tried, code) {
			err = rendezvous.ErrCodeUsed
		}
		if err == nil {
			c.tried = append(c.tried, code)
			return code, nil
		}
		why := Explain(err)
		if ctx.Err() != nil || why.Class != ClassUsage && why.Code != CodeUsed {
			return code, err
		}
		c.why = why
	}
}

// ask has a code typed, while the server is called.
func (c *typing) ask(ctx context.Context, asked *calling) (string, error) {
	if c.from.At == "" {
		asked.begin(ctx, c.servers)
	}
	return c.cfg.Ask.Code(ctx, c.why, func(typed string) []string {
		return rendezvous.Complete(typed, asked.call.nameplates(typed))
	})
}

// again reports whether another code can be typed, since err is that this one is no
// good.
func (c *typing) again(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	switch why := Explain(err); why.Code {
	case WrongCode, CodeUsed, Crowded:
		c.why = why
		return true
	}
	return false
}

// read returns the code that was typed, or pasted. Somebody is asked where it may be
// mistyped: what nobody stands by never goes out.
func (c *typing) read(ctx context.Context, typed string) (rendezvous.Code, error) {
	if c.from.Raw {
		return asTyped(typed)
	}
	what := rendezvous.Unpaste(typed)
	code, err := c.meant(ctx, what.Code)
	if err != nil {
		return code, err
	}
	if code.Local && c.from.At == "" {
		at := Sender{At: what.At}
		if err := at.Check(); err != nil {
			return code, err
		}
		c.from.At = what.At
	}
	if what.Verify {
		c.change(func(cfg *Config) { cfg.Policy.Verify = true })
	}
	return code, c.follow(ctx, what.Server)
}

// meant asks about a code until it is one that programs make, or one that somebody
// means exactly so.
func (c *typing) meant(ctx context.Context, typed string) (code rendezvous.Code, err error) {
	for {
		if code, err = rendezvous.ParseCode(typed); err == nil {
			return code, nil
		}
		var odd *rendezvous.CodeError
		if !errors.As(err, &odd) || odd.Suggestion == "" && odd.Code == (rendezvous.Code{}) {
			return code, err
		}
		yes, asking := c.cfg.Ask.Mistyped(ctx, Explain(err))
		switch {
		case asking != nil:
			return code, asking
		case !yes:
			return code, err
		case odd.Suggestion == "":
			return odd.Code, nil
		}
		typed = odd.Suggestion
	}
}

// follow has the sender met at a server that what was pasted names. A person is asked
// first, if it is another one than this side would go to: a server learns the address of
// who comes to it.
func (c *typing) follow(ctx context.Context, server string) error {
	if server == "" {
		return nil
	}
	full, ok := serverURL(server)
	if !ok {
		return Fail(BadServer, server)
	}
	if full == cmp.Or(c.cfg.Server, rendezvous.DefaultURL) {
		return nil
	}
	yes, err := c.cfg.Ask.Server(ctx, full)
	if err == nil && !yes {
		err = Fail(OtherServer, full)
	}
	if err == nil {
		c.change(func(cfg *Config) { cfg.Server, cfg.Token = full, "" }) // the token is for that server alone
	}
	return err
}

// change has this call, and no other, go by another configuration.
func (c *typing) change(how func(*Config)) {
	other := *c.core
	how(&other.cfg)
	c.core = &other
}

// ParseCode reads a code as a person typed it, or pasted it with what is around it on a
// sender's screen, and returns the code alone. If it is none, or looks mistyped, the error
// is a *Failure (BadCode, MistypedCode, OddCode, UnlistedCode); where it can be taken all
// the same, it is returned, too.
func ParseCode(typed string) (code string, err error) {
	typed = rendezvous.Unpaste(typed).Code
	c, err := asTyped(typed)
	if err != nil {
		return "", ended(err)
	}
	_, err = rendezvous.ParseCode(typed)
	return c.String(), ended(err)
}

// asTyped takes a code as it was typed where it only looks mistyped.
func asTyped(typed string) (rendezvous.Code, error) {
	code, err := rendezvous.ParseCode(typed)
	var odd *rendezvous.CodeError
	if errors.As(err, &odd) && odd.Code != (rendezvous.Code{}) {
		return odd.Code, nil
	}
	return code, err
}
