package main

import (
	"errors"
	"fmt"

	"sesame/client"
)

// translate says in the words of the command line what a client found wrong with
// what it was asked to do.
func translate(err error) error {
	var config *client.ConfigError
	if errors.As(err, &config) {
		return translateConfig(config)
	}
	return err
}

func translateConfig(e *client.ConfigError) error {
	switch e.Field {
	case "Text":
		return &usageError{text: e.Err.Error()}
	case "Code":
		return &usageError{text: fmt.Sprintf("%v, %s", e.Err, e.Value), hint: "choose a code with another number"}
	case "Tor":
		return &usageError{text: "--tor leads away from the network that a code beginning with local- is for", hint: "leave it out"}
	case "RelayOnly":
		return &usageError{text: "--relay-only hides this computer's address, and a code beginning with local- is for computers that tell each other theirs", hint: "leave it out"}
	case "At":
		return &usageError{text: "--to goes with a code that begins with local-", hint: "leave it out"}
	}
	return &usageError{text: e.Error()}
}
