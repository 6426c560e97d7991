package client

import (
	"errors"
	"fmt"

	"sesame/internal/safetext"
)

// A ConfigError says that a Config, a Recipient, a Sender or a Destination can't be
// used: which field, and what it holds.
type ConfigError struct {
	Field string
	Value string // not safe to print; "" where it may hold a password
	Err   error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("client: %s can't be %q: %v", e.Field, e.Value, e.Err)
}

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// explainRequest says what can't be done that this side has asked for.
func explainRequest(err error) *Failure {
	var config *ConfigError
	if errors.As(err, &config) {
		return Fail(Usage, config.Field, config.Value, said(safetext.Line(config.Err.Error(), 200)))
	}
	return nil
}

// ended is err as Send and Receive return it.
func ended(err error) error {
	if err == nil {
		return nil
	}
	return Explain(err)
}
