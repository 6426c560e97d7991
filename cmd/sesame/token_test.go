package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sesame/relay"
)

// Fails when a server that wants a token isn't met with one, when it isn't said that it
// wants one, or when a token is said anywhere.
func TestServerWantsToken(t *testing.T) {
	const token = "correct-horse-battery-staple"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := relay.New(&relay.Config{Tokens: []relay.Token{relay.TokenOf(token)}})
	go s.Serve(l)
	defer s.Shutdown(t.Context())
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	file, wrong, empty := write("token", token+"\n"), write("wrong", "another-one\n"), write("empty", "\n")
	at := "ws://" + l.Addr().String() + "/v1"
	const code = "7-crossover-clockwork"
	wants := "this server wants a token\n +ask who runs it for one.*--token-file.*SESAME_TOKEN"
	judge(t, []string{"receive", "--server", at, code}, exitServer, wants)
	judge(t, []string{"doctor", "--server", at}, exitNetwork, "wants a token")
	judge(t, []string{"doctor", "--server", at, "--token-file", file}, exitOK, "ok +mailbox|ok +server")
	judge(t, []string{"receive", "--server", at, "--json", code}, exitServer, `"cause":"server-wants-token"`)
	text := judge(t, []string{"receive", "--server", at, "--token-file", wrong, code}, exitServer, "the server refused: this server has no such token")
	judge(t, []string{"receive", "--server", at, "--token-file", filepath.Join(dir, "none"), code}, exitUsage, "there is no file .*none.*\n +give --token-file")
	judge(t, []string{"receive", "--server", at, "--token-file", empty, code}, exitUsage, "has no token in it")
	if strings.Contains(text, "another-one") {
		t.Errorf("the token is said:\n%s", text)
	}

	sent := make(chan int, 1)
	var said, got bytes.Buffer
	go func() {
		env := func(name string) (string, bool) { return token, name == "SESAME_TOKEN" }
		sent <- run(t.Context(), []string{"send", "--server", at, "--relay-only", "--code", code, "--text", "with a token"}, quiet(&said), env)
	}()
	if exit := run(t.Context(), []string{"receive", "--server", at, "--relay-only", "--yes", "--token-file", file, code}, newTerminal(os.Stdin, &got, &screen{w: &got}), noEnvironment); exit != exitOK || !strings.Contains(got.String(), "with a token") {
		t.Errorf("exit code %d:\n%s", exit, &got)
	}
	if exit := <-sent; exit != exitOK {
		t.Errorf("exit code %d of the sender:\n%s", exit, &said)
	}
	if all := got.String() + said.String(); strings.Contains(all, token) {
		t.Errorf("the token is said:\n%s", all)
	}
}
