package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const introduction = `sesame sends files to another computer, by a code that you read aloud.

    sesame send holiday.mov     shows a code, such as 7-crossover-clockwork
    sesame receive              on the other computer; asks for the code

The two computers find each other with the code, agree on a key that nobody
else can know, and send the file straight across. Where that is impossible a
relay passes it on without being able to read it. It works with every Magic
Wormhole program, too.
`

func overview() string {
	var b strings.Builder
	b.WriteString(introduction + "\nCommands:\n")
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "    %-10s %s\n", cmd.names[0], cmd.summary)
	}
	b.WriteString("    help       explain a command, or one of these:\n")
	for _, t := range topics() {
		fmt.Fprintf(&b, "               %-10s %s\n", t.name, t.summary)
	}
	b.WriteString(`
"sesame help COMMAND" tells all about one. Your own server: see sesame-relay.
`)
	return b.String()
}

const sendUsage = `sesame send [flags] FILE|FOLDER...
       sesame send [flags] --text MSG
       sesame send [flags] -

Shows a code, waits until somebody receives with it, and sends. A code works
once: after a wrong one a new one is shown, three times at most, unless you chose
it. Nothing leaves this computer before the other one has proven the code.
Only a sesame of the same protocol (sesame --version) takes standard input (-).
Others, older sesames among them, get several things in one folder.

    sesame send holiday.mov
    sesame send ~/thesis/ plan.pdf          a whole folder, and a file
    sesame send --text "the door is 4711"
    pass show wifi | sesame send --text -
    tar c . | sesame send -                 no file in between, on neither side
    sesame send --local holiday.mov         no server, no Internet: sesame help local

While it waits, the last line says what for, since when and what is known: that
nobody has used the code yet, that the question is on the other screen, that the
server doesn't answer. In a log that is a line each half minute.

If it breaks off, run both again, with a new code: between two sesames of the
same protocol, what has arrived does not cross a second time.
`

const receiveUsage = `sesame receive [flags] [CODE]

Asks for the code unless it is given (Tab completes its words; what the sender's
screen shows can be pasted whole; - reads it from standard input), asks again if
it looks mistyped or was wrong, shows what is offered, and writes it into the current folder.
Nothing that exists is overwritten unless you say so. A received text goes to
standard output: as it is, or on a terminal with a bar before each line, so that
it can't pass for what sesame says. "sesame receive CODE | cat" shows it bare.

    sesame receive
    sesame receive 7-crossover-clockwork
    sesame receive --yes --output ~/Downloads/ 7-crossover-clockwork
    sesame receive --yes --output - 7-crossover-clockwork | tar x
    sesame receive local-7-crossover-clockwork      from this network, no server

While it waits, the last line says whether anybody is at that number, and at
which server: both have to be the sender's.

A code that you type here is kept in your shell's history and can be seen by
other users of this computer; it is worthless after the transfer.

What a broken transfer leaves is a hidden folder, .NAME.….sesame, beside where
the file was to be. Receiving the same again, there, goes on with it.
`

// commandHelp is what "sesame COMMAND --help" shows.
func commandHelp(cmd command, flags *pflag.FlagSet) string {
	text := "usage: " + cmd.usage + "\nFlags:\n" + flagTable(flags)
	if len(cmd.names) > 1 {
		text += "\nAlso called: " + strings.Join(cmd.names[1:], ", ") + "\n"
	}
	return text
}

// Where help explains a flag, and where its lines end.
const (
	flagColumn = 26
	helpWidth  = 80
)

// flagTable lists what each flag does.
func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	indent := strings.Repeat(" ", flagColumn)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, meaning := pflag.UnquoteUsage(f)
		head := "      --" + f.Name
		if f.Shorthand != "" {
			head = "  -" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			head += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			meaning += "; default " + f.DefValue
		}
		if head += "  "; len(head) > flagColumn {
			head += "\n" + indent
		}
		fmt.Fprintf(&b, "%-*s%s\n", flagColumn, head, fold(meaning, helpWidth-flagColumn, indent))
	})
	return b.String()
}

// help explains what it is asked about. It was asked for, so it goes to
// standard output.
func help(ui *terminal, args []string) error {
	if len(args) == 0 {
		ui.print(overview())
		return nil
	}
	for _, t := range topics() {
		if t.name == args[0] {
			ui.print(t.text)
			return nil
		}
	}
	cmd, ok := lookup(args[0])
	if !ok {
		return &usageError{text: fmt.Sprintf("there is no command or topic %q", args[0]), hint: "see: sesame help"}
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.prepare(func(string) (string, bool) { return "", false }, flags)
	new(outputOptions).addFlags(flags)
	ui.print(commandHelp(cmd, flags))
	return nil
}
