#!/bin/sh
# Runs a test binary, for "go test -exec", as a user without any rights, in a copy of
# its package's directory. Only root can: anybody else is such a user already.
set -eu

if [ "$(id -u)" != 0 ]; then
	exec "$@"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp "$1" "$work/program"
shift
cp -R . "$work/package"
mkdir "$work/home"
chown -R 54321:54321 "$work"
cd "$work/package"
HOME="$work/home" TMPDIR="$work/home" setpriv --reuid=54321 --regid=54321 --clear-groups "$work/program" "$@"
