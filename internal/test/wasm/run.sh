#!/bin/sh
# Runs tests as js/wasm under Node, with Go's own runner. Arguments: a package and
# how many of its tests have to run, by turns. What is about sockets, a disk or other
# programs isn't built there, or skips itself, and doesn't count.
set -eu
go=${GO:-go}
runner="$("$go" env GOROOT)/lib/wasm/go_js_wasm_exec"
if ! command -v node >/dev/null; then
	echo "wasm-test: no node: install nodejs" >&2
	exit 1
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
packages="" floors=""
while [ $# -gt 1 ]; do
	packages="$packages $1"
	floors="$floors sesame${1#.}=$2"
	shift 2
done
status=0
# shellcheck disable=SC2086 # a list of words is meant
GOOS=js GOARCH=wasm "$go" test -vet=off -timeout 10m -exec "$runner" -v $packages >"$out" 2>&1 || status=$?
if [ "$status" != 0 ]; then
	grep -v '^=== \|^ *--- PASS' "$out" >&2
	exit "$status"
fi
# -v prints a package's tests together, and then its name.
awk -v floors="$floors" '
	BEGIN { n = split(floors, f, " "); for (i = 1; i <= n; i++) { split(f[i], kv, "="); least[kv[1]] = kv[2] } }
	/^--- PASS/ { ran++ }
	/^ok[ \t]/ {
		few = ran < least[$2]
		printf "%4d  %s%s\n", ran, $2, few ? ", fewer than the " least[$2] " that the Makefile says" : ""
		bad += few; seen++; ran = 0
	}
	END { if (seen < n) { print "only " seen " of " n " packages ran"; bad++ } exit bad > 0 }
' "$out"
