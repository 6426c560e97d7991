#!/bin/sh
# Builds the package sesame-relay for Debian and its like, from a program that is built
# already: sh deploy/debian/build.sh PROGRAM VERSION ARCH OUT.deb. The same inputs give the
# same bytes.
set -eu
[ $# = 4 ] || { echo "usage: build.sh PROGRAM VERSION ARCH OUT.deb" >&2; exit 2; }
program=$1 version=$2 arch=$3 out=$4
here=$(cd "$(dirname "$0")/.." && pwd)
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
put() { # FILE TO MODE
	install -D -m "$3" "$1" "$tree/$2"
}
put "$program" usr/bin/sesame-relay 755
put "$here/debian/conffile" etc/sesame-relay.conf 644
for unit in sesame-relay.service sesame-relay.socket sesame-relay-stun.socket; do
	put "$here/systemd/$unit" "lib/systemd/system/$unit" 644
done
for page in operating relay settings; do
	put "$here/../doc/$page.md" "usr/share/doc/sesame-relay/$page.md" 644
done
put "$here/prometheus/alerts.yml" usr/share/doc/sesame-relay/alerts.yml 644
put "$here/grafana/sesame-relay.json" usr/share/doc/sesame-relay/dashboard.json 644
for script in postinst prerm postrm; do
	put "$here/debian/$script" "DEBIAN/$script" 755
done
echo /etc/sesame-relay.conf >"$tree/DEBIAN/conffiles"
size=$(du -sk --apparent-size "$tree/usr" | cut -f1)
cat >"$tree/DEBIAN/control" <<EOT
Package: sesame-relay
Version: $version
Architecture: $arch
Maintainer: The sesame developers <sesame@localhost>
Installed-Size: $size
Section: net
Priority: optional
Recommends: ca-certificates
Description: relay for sesame and other Magic Wormhole clients
 A place where two computers find each other by a short code, and a way through
 for what they send when they can't connect directly. It can't read any of it.
EOT
find "$tree" -depth -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zgzip --build "$tree" "$out" >/dev/null
