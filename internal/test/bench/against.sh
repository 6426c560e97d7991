#!/bin/sh
# Builds the programs of a commit beside those in bin/, and compares the two.
# Arguments: the commit, and more for the bench.
set -eu
cd "$(dirname "$0")/../../.."
go=${GO:-go}
commit=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
mkdir "$dir/tree" "$dir/bin"
git archive "$commit" | tar x -C "$dir/tree"
(cd "$dir/tree" && "$go" build -trimpath -buildvcs=false -o "$dir/bin/" ./cmd/sesame ./cmd/sesame-relay)
"$go" build -trimpath -o "$dir/bench" ./internal/test/bench
echo "base: $(git log -1 --format='%h %s' "$commit")"
echo "now:  $(git log -1 --format='%h %s')"
"$dir/bench" -base "$dir/bin" -runs 7 "$@"
