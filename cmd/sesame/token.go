package main

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"sesame/internal/safetext"
)

// maxToken is how long a token may be, in bytes.
const maxToken = 512

// token returns the token for the server, "" if there is none. It is never an argument:
// those everybody on a computer can read.
func (o *connectOptions) token(env environment) (string, error) {
	if o.tokenFile == "" {
		if token := strings.TrimSpace(first(env, "SESAME_TOKEN")); token != "" {
			return checkToken(token, "SESAME_TOKEN")
		}
	}
	file := cmp.Or(o.tokenFile, first(env, "SESAME_TOKEN_FILE"))
	if file == "" {
		return "", nil
	}
	shown := safetext.Quote(file, 200)
	wrong := &usageError{hint: "give --token-file a file with one line, the token as the server's operator hands it out"}
	f, err := os.Open(file)
	if err == nil {
		defer f.Close()
		var text []byte
		text, err = io.ReadAll(io.LimitReader(f, maxToken+3)) // and the end of a line
		if err == nil {
			return checkToken(strings.TrimSpace(string(text)), shown)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		wrong.text = "there is no file " + shown
	case errors.Is(err, fs.ErrPermission):
		wrong.text = shown + " is not for this user to read"
	default:
		wrong.text = "can't read the file " + shown
	}
	return "", wrong
}

// checkToken returns a token if it may be one. What it is isn't said.
func checkToken(token, from string) (string, error) {
	if token == "" || len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", &usageError{text: from + " has no token in it", hint: "a token is one line of letters, digits and signs, without spaces, of at most 512"}
	}
	return token, nil
}
