#!/bin/sh
# Builds the program in size for browsers, as it would be served, and prints how
# many bytes that is.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
GOOS=js GOARCH=wasm "${GO:-go}" build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o "$dir/size.wasm" ./size
raw=$(wc -c <"$dir/size.wasm")
gzip=$(gzip -9 -c "$dir/size.wasm" | wc -c)
if command -v brotli >/dev/null; then
	brotli=$(brotli -q 11 -c "$dir/size.wasm" | wc -c)
else
	brotli="(not installed)"
fi
echo "raw $raw, gzip -9 $gzip, brotli -q 11 $brotli bytes"
