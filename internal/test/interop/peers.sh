#!/bin/sh
# Installs the other implementations that the tests talk to, where they are
# missing and this is a Debian machine with root. Elsewhere the tests that need
# them are skipped, and say so.
set -eu

packages="magic-wormhole python3-magic-wormhole-mailbox-server magic-wormhole-transit-relay wormhole-william python3-spake2 python3-nacl python3-zeroconf iproute2 nftables iperf3 socat strace miniupnpd-nftables gcc libc6-dev brotli bindfs dosfstools e2fsprogs encfs exfat-fuse exfatprogs fuse3 fusefat ntfs-3g prometheus"

# With "long": what only "make test-long" needs, too.
if [ "${1:-}" = long ]; then
	packages="$packages golang-github-psanford-wormhole-william-dev golang-debian-vasudev-gospake2-dev"
fi

# What Debian hasn't, from its own sources, in a directory for caches.
peers=${XDG_CACHE_HOME:-$HOME/.cache}/sesame-peers

# The test server of an authority that gives certificates.
pebble=2.10.3
if [ ! -x "$peers/pebble" ]; then
	GOBIN=$peers "${GO:-go}" install "github.com/letsencrypt/pebble/v2/cmd/pebble@v$pebble" ||
		echo "not built, tests that need it are skipped: pebble $pebble" >&2
fi

# With "figures": croc, which Debian has in another version, from its own sources, in a
# directory for caches. Only make bench-net needs it.
croc=10.7.0
crocs=${XDG_CACHE_HOME:-$HOME/.cache}/sesame-peers
if [ "${1:-}" = figures ] && ! "$crocs/croc" --version 2>/dev/null | grep -q "$croc"; then
	GOBIN=$crocs "${GO:-go}" install "github.com/schollz/croc/v10@v$croc" ||
		echo "not built, figures beside it are missing: croc $croc" >&2
fi

# Runs what is compiled for browsers; other packages have it under the same name.
command -v node >/dev/null || packages="$packages nodejs"

missing=""
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "not installed, tests that need them are skipped:$missing" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words is meant
apt-get install -y -qq --no-install-recommends $missing >/dev/null
