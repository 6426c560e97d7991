package main

import (
	"context"
	"os"
)

// panicAsking is a program that panics while it asks for a code.
func panicAsking() {
	seen, restore := newScreen(os.Stderr)
	ui := newTerminal(os.Stdin, os.Stdout, seen)
	attended(ui, restore, func(ctx context.Context) int {
		ui.editLine(ctx, "Code: ", func(string) string { panic("asked to") })
		return exitOK
	})
}
