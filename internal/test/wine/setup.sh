#!/bin/sh
# Prints a directory with a system in it that has wine 10 or later, whose Windows Go's
# programs run on, and makes it first where it isn't there yet: Debian's trixie, which
# takes 1.5 GB and some minutes. It is kept for the next time, outside the tree, where
# SESAME_WINE says, else in a cache. Where it can't be made nothing is printed, and
# standard error says why.
set -eu

dir=${SESAME_WINE:-${XDG_CACHE_HOME:-/var/cache}/sesame-wine-1}
why() { echo "no wine: $*" >&2; exit 1; }

if [ -e "$dir/ready" ]; then
	echo "$dir/root"
	exit 0
fi
[ "$(id -u)" = 0 ] || why "only root can make a system to run it in"
[ "$(uname -m)" = x86_64 ] || why "only made for x86_64"
if ! command -v debootstrap >/dev/null; then
	command -v apt-get >/dev/null || why "there is neither debootstrap nor apt-get"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap; } >/dev/null ||
		why "debootstrap can't be installed"
fi
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
[ ! -e "$dir/ready" ] || { echo "$dir/root"; exit 0; }

# What an interrupted run left is no good.
rm -rf "$dir/root"
log=$dir/log
debootstrap --variant=minbase --include=wine64 trixie "$dir/root" >"$log" 2>&1 || why "debootstrap fails: $(tail -n 1 "$log")"
rm -rf "$dir/root/var/cache/apt/archives" "$dir/root/var/lib/apt/lists" "$dir/root/usr/share/doc" "$dir/root/usr/share/man"
mkdir -p "$dir/root/work"

# The folders and settings of a Windows: "$1" is the system's root.
unshare --mount --pid --fork --kill-child sh -euc '
	mount -t proc proc "$1/proc"
	mount --rbind /dev "$1/dev"
	mount -t tmpfs none "$1/tmp"
	run="chroot $1 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 WINEPREFIX=/prefix WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml="
	$run /usr/lib/wine/wine64 wineboot -i
	$run /usr/lib/wine/wineserver64 -w
' sh "$dir/root" >>"$log" 2>&1 || why "no folders can be made for it: $(tail -n 1 "$log")"
echo "made by internal/test/wine/setup.sh" >"$dir/ready"
echo "$dir/root"
