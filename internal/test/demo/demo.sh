#!/bin/sh
# Runs a relay, sends a file and a folder by code from one process to another,
# and shows that what arrived is what was sent. Everything happens on this
# machine and below one temporary directory.
#
# DEMO_PATIENCE is how many seconds the next line, or the end, of a program may
# take: 120 if it isn't set.
set -eu

patience=${DEMO_PATIENCE:-120}
bin=$(cd bin && pwd)
work=$(mktemp -d)
# What sesame remembers of it is of no use afterwards.
export XDG_STATE_HOME="$work/state"
running=
cleanup() {
	# shellcheck disable=SC2086 # a list of numbers is meant
	[ -z "$running" ] || kill $running 2>/dev/null || :
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# fail WHAT LOG: say what went wrong, show what the program said, and end.
fail() {
	echo "The demo failed: $1" >&2
	[ ! -s "$2" ] || sed 's/^/  /' "$2" >&2
	exit 1
}

# alive PID: whether that program, which this script has started, still runs.
alive() { kill -0 "$1" 2>/dev/null; }

# await PID LOG PATTERN: wait until that program has said a line that matches. LOG
# is its own: what another one has said isn't in it.
await() {
	give_up=$(($(date +%s) + patience))
	until grep -q "$3" "$2"; do
		if ! alive "$1"; then
			grep -q "$3" "$2" && return
			fail "a program ended without \"$3\":" "$2"
		fi
		[ "$(date +%s)" -lt "$give_up" ] || fail "\"$3\" isn't said within $patience s:" "$2"
		sleep 0.1
	done
}

# ends PID LOG: wait until that program has ended, and fail if it has failed.
ends() {
	give_up=$(($(date +%s) + patience))
	while alive "$1"; do
		[ "$(date +%s)" -lt "$give_up" ] || fail "a program doesn't end within $patience s:" "$2"
		sleep 0.1
	done
	code=0
	wait "$1" || code=$?
	[ "$code" = 0 ] || fail "a program ended with exit code $code:" "$2"
}

mkdir -p "$work/from/photos/empty album" "$work/to"
head -c 50000000 /dev/urandom >"$work/from/holiday.mov"
for i in 1 2 3; do head -c 300000 /dev/urandom >"$work/from/photos/$i.jpg"; done
printf '#!/bin/sh\necho hello\n' >"$work/from/photos/show.sh"
chmod +x "$work/from/photos/show.sh"

: >"$work/relay.log"
SESAME_RELAY_STATE=none "$bin/sesame-relay" --listen 127.0.0.1:0 >>"$work/relay.log" 2>&1 &
relay=$!
running=$relay
await "$relay" "$work/relay.log" 'SESAME_SERVER=ws://.*/v1$'
SESAME_SERVER=$(sed -n 's/.*SESAME_SERVER=\(ws:[^ ]*\).*/\1/p' "$work/relay.log" | head -n 1)
export SESAME_SERVER
echo "A relay runs on this machine: $SESAME_SERVER"

# cross NAME: one process sends it, another receives it.
cross() {
	# Made here and only added to by the program: one that starts late leaves
	# nothing older to be read.
	sent="$work/send.$1.log" received="$work/receive.$1.log"
	: >"$sent"
	: >"$received"
	echo
	echo "\$ sesame send $1"
	"$bin/sesame" send --allow-loopback "$work/from/$1" 2>>"$sent" &
	sender=$!
	running="$relay $sender"
	await "$sender" "$sent" 'sesame receive [^ ]* --server ' # the code, whole
	code=$(sed -n 's/.*sesame receive \([^ ]*\).*/\1/p' "$sent" | head -n 1)
	sed 's/^/  sender    /' "$sent"
	(cd "$work/to" && exec "$bin/sesame" receive --allow-loopback --yes "$code") >>"$received" 2>&1 &
	receiver=$!
	running="$relay $sender $receiver"
	ends "$receiver" "$received"
	sed 's/^/  receiver  /' "$received"
	ends "$sender" "$sent"
	running=$relay
	tail -n 1 "$sent" | sed 's/^/  sender    /'
	diff -r "$work/from/$1" "$work/to/$1"
	echo "  identical $(cd "$work/to" && find "$1" -type f -exec sha256sum {} + | sort | sha256sum | cut -c1-16) on both sides"
}

cross holiday.mov
cross photos
test -x "$work/to/photos/show.sh" && test -d "$work/to/photos/empty album"
echo
echo "Both arrived; the script is still executable, the empty folder is there."
