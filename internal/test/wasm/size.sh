#!/bin/sh
# Builds the program in size for browsers, as it would be served, and prints how
# many bytes that is. Arguments: how many it may be at most, as it is and packed
# with gzip and brotli.
set -eu
most="$1 $2 $3"
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
for is in "$raw" "$gzip" "$brotli"; do
	if [ "$is" != "(not installed)" ] && [ "$is" -gt "${most%% *}" ]; then
		echo "wasm-size: $is bytes are more than ${most%% *}: see internal/test/wasm/size.sh" >&2
		exit 1
	fi
	most=${most#* }
done
