// Command sesame sends files and text to another computer by a short code that
// one person reads to another.
//
//	sesame send holiday.mov          on this computer
//	sesame receive 7-crossover-clockwork   on the other one
//
// It speaks to every Magic Wormhole client. Status goes to standard error; a
// received text, and nothing else, goes to standard output. What it returns to
// the shell is listed by "sesame help exit".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"sesame/client"
	"sesame/internal/safetext"
)

// garbage is how much the heap may grow, in percent of what is in use, before it
// is collected. What is in use is little, but for the list of a large tree: half
// of Go's usual saves a third of the memory there, and costs nothing elsewhere.
const garbage = 50

func main() {
	client.ForbidDumps() // what can't be had keeps nobody from sending a file
	ownFiles()
	log.SetOutput(io.Discard) // libraries have things to say that are nobody's business
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	seen, restore := newScreen(os.Stderr)
	ui := newTerminal(os.Stdin, os.Stdout, seen)
	os.Exit(attended(ui, restore, func(ctx context.Context) int { return run(ctx, os.Args[1:], ui, os.LookupEnv) }))
}

// attended has do run until it is interrupted, and leaves the terminal as it was, even
// if do panics; restore does so for the screen.
func attended(ui *terminal, restore func(), do func(context.Context) int) (code int) {
	leave := func() {
		ui.settings.giveBackForGood()
		restore()
	}
	defer leave()
	ctx, stop := interruptible(context.Background(), ui.stopping, leave)
	defer stop()
	return do(ctx)
}

// A command is one verb of the command line.
type command struct {
	names   []string // the first is the one that help shows
	usage   string
	summary string
	// prepare adds the command's flags and returns what runs it on the
	// remaining arguments.
	prepare func(env environment, flags *pflag.FlagSet) func(ctx context.Context, ui *terminal, args []string) error
}

func commands() []command {
	return []command{
		{[]string{"send", "tx"}, sendUsage, "send a file, a folder or a text", prepareSend},
		{[]string{"receive", "recv", "rx"}, receiveUsage, "receive what somebody sends", prepareReceive},
		{[]string{"doctor"}, doctorUsage, "explain this computer's network, or look at a server", prepareDoctor},
	}
}

// environment looks up an environment variable, as os.LookupEnv does.
type environment func(name string) (string, bool)

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, ui *terminal, env environment) int {
	err := dispatch(ctx, args, ui, env)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		var byUser *interruption
		if errors.As(cause, &byUser) {
			err = byUser.instead(err)
			ui.clearEcho()
		}
	}
	if err == nil {
		ui.show("") // the shell's prompt comes where progress was
		err = ui.failed()
	}
	if err == nil {
		return exitOK
	}
	f := explain(err)
	ui.failure(f)
	if ui.events != nil && ui.failed() != nil { // whoever reads them didn't get it
		io.WriteString(ui.err, failureText(f, ui.fold))
	}
	return f.Exit
}

func dispatch(ctx context.Context, args []string, ui *terminal, env environment) error {
	if len(args) == 0 {
		ui.write(ui.own(overview()))
		return &usageError{text: "nothing to do", hint: "say what: sesame send FILE, or sesame receive"}
	}
	switch args[0] {
	case "help", "-h", "--help":
		return help(ui, args[1:])
	case "--version", "version":
		ui.print(versionText(client.About()))
		return nil
	}
	name, rest := args[0], args[1:]
	cmd, ok := lookup(name)
	if !ok {
		cmd, ok = guess(name)
		rest = args
	}
	if !ok && strings.HasPrefix(name, "-") {
		return &usageError{
			text: fmt.Sprintf("%q stands before the command", safetext.Line(name, 80)),
			hint: "flags come after it, as in: sesame receive --yes",
		}
	}
	if !ok {
		return &usageError{
			text: fmt.Sprintf("there is no command, file or code \"%s\"", safetext.Path(name, 200)),
			hint: "see: sesame help",
		}
	}
	flags := pflag.NewFlagSet("sesame "+cmd.names[0], pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	var output outputOptions
	runCommand := cmd.prepare(env, flags)
	output.addFlags(flags)
	err := flags.Parse(rest)
	if errors.Is(err, pflag.ErrHelp) {
		ui.print(commandHelp(cmd, flags))
		return nil
	}
	output.apply(ui, cmd.names[0], flags, rest, err)
	if err != nil {
		return &usageError{text: safetext.Line(err.Error(), 200), hint: flagHint(cmd.names[0], rest)}
	}
	return runCommand(ctx, ui, flags.Args())
}

// flagHint says what to do about a flag that isn't one. It may be a file.
func flagHint(verb string, args []string) string {
	for _, arg := range args {
		if _, err := os.Lstat(arg); err == nil && strings.HasPrefix(arg, "-") {
			return fmt.Sprintf("a name that begins with a dash is given as ./%s", safetext.Line(arg, 200))
		}
	}
	return "see: sesame " + verb + " --help"
}

func lookup(name string) (command, bool) {
	for _, cmd := range commands() {
		for _, n := range cmd.names {
			if n == name {
				return cmd, true
			}
		}
	}
	return command{}, false
}

// guess finds the command for a first argument that is no verb: "sesame CODE"
// receives, "sesame PATH" sends. A verb always wins.
func guess(arg string) (command, bool) {
	if beginsCode(arg) {
		return lookup("receive")
	}
	if _, err := os.Lstat(arg); (err == nil || expands(arg)) && !strings.HasPrefix(arg, "-") {
		return lookup("send")
	}
	if isPasted(arg) {
		return lookup("receive")
	}
	return command{}, false
}

// beginsCode reports whether arg begins as a code does.
func beginsCode(arg string) bool {
	number := strings.TrimPrefix(arg, localPrefix)
	digits := strings.TrimLeft(number, "0123456789")
	return digits != number && strings.HasPrefix(digits, "-")
}

// isPasted reports whether arg begins as what senders show for somebody to paste does.
func isPasted(arg string) bool {
	if beginsCode(strings.Replace(arg, "/", "-", 1)) || strings.HasPrefix(strings.ToLower(arg), "wormhole-transfer:") {
		return true
	}
	first, _, _ := strings.Cut(arg, " ")
	return first == "sesame" || first == "wormhole"
}

// An interruption is the reason of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i *interruption) Error() string { return "interrupted" }

// Is makes an interruption what the other packages know as a cancelled context,
// so that they tell the other side of it.
func (i *interruption) Is(target error) bool { return target == context.Canceled }

// instead returns the interruption as the reason of err, which it caused.
func (i *interruption) instead(err error) error {
	var f *client.Failure
	if errors.As(err, &f) && f.Kept {
		return &client.Failure{Class: client.ClassInterrupted, Code: client.Interrupted, Kept: true, Err: i}
	}
	return i
}

// heardWithin is how soon an interruption shows: by the end of the program, or by
// a line that says that it has been heard.
const heardWithin = 150 * time.Millisecond

// interruptible returns a context that the first interrupt, hang-up or request
// to terminate ends, so that what is held elsewhere can be given back. If that
// takes a moment, slow is called. The second one ends the program at once, after last.
func interruptible(parent context.Context, slow, last func()) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	// A reader of standard output that went away is an error of the write, which
	// the other side is told of, and no reason to die at once.
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		var late *time.Timer
		for s := range signals {
			number, _ := s.(syscall.Signal)
			if ctx.Err() != nil {
				last()
				os.Exit(exitSignal + int(number))
			}
			cancel(&interruption{number})
			late = time.AfterFunc(heardWithin, slow)
		}
		if late != nil {
			late.Stop()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
