#!/bin/sh
# Runs a relay, sends a file and a folder by code from one process to another,
# and shows that what arrived is what was sent. Everything happens on this
# machine and below one temporary directory.
set -eu

bin=$(cd bin && pwd)
work=$(mktemp -d)
relay=
cleanup() {
	[ -z "$relay" ] || kill "$relay" 2>/dev/null || :
	rm -rf "$work"
}
trap cleanup EXIT INT TERM

# await FILE PATTERN: wait until FILE has a line that matches.
await() {
	tries=0
	until grep -q "$2" "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { echo "waited too long for \"$2\" in:"; cat "$1"; exit 1; }
		sleep 0.1
	done
}

mkdir -p "$work/from/photos/empty album" "$work/to"
head -c 50000000 /dev/urandom >"$work/from/holiday.mov"
for i in 1 2 3; do head -c 300000 /dev/urandom >"$work/from/photos/$i.jpg"; done
printf '#!/bin/sh\necho hello\n' >"$work/from/photos/show.sh"
chmod +x "$work/from/photos/show.sh"

"$bin/sesame-relay" --listen 127.0.0.1:0 >"$work/relay.out" 2>"$work/relay.err" &
relay=$!
await "$work/relay.out" ws://
SESAME_SERVER=$(grep -o 'ws://[^ ]*' "$work/relay.out" | head -n 1)
export SESAME_SERVER
echo "A relay runs on this machine: $SESAME_SERVER"

# cross NAME: one process sends it, another receives it.
cross() {
	echo
	echo "\$ sesame send $1"
	"$bin/sesame" send --allow-loopback "$work/from/$1" 2>"$work/send.log" &
	sender=$!
	await "$work/send.log" 'sesame receive'
	code=$(sed -n 's/.*sesame receive \([^ ]*\).*/\1/p' "$work/send.log" | head -n 1)
	sed 's/^/  sender    /' "$work/send.log"
	(cd "$work/to" && "$bin/sesame" receive --allow-loopback --yes "$code") 2>&1 | sed 's/^/  receiver  /'
	wait "$sender"
	tail -n 1 "$work/send.log" | sed 's/^/  sender    /'
	diff -r "$work/from/$1" "$work/to/$1"
	echo "  identical $(cd "$work/to" && find "$1" -type f -exec sha256sum {} + | sort | sha256sum | cut -c1-16) on both sides"
}

cross holiday.mov
cross photos
test -x "$work/to/photos/show.sh" && test -d "$work/to/photos/empty album"
echo
echo "Both arrived; the script is still executable, the empty folder is there."
