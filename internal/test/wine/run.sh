#!/bin/sh
# Runs the tests of this directory in the wine that setup.sh makes. Where it can't be
# made they are skipped, which in continuous integration is an error.
set -eu
dir=$(dirname "$0")
if root=$(sh "$dir/setup.sh"); then
	SESAME_WINE_ROOT=$root exec "${GO:-go}" test -count=1 -tags long -timeout 30m "$@" ./internal/test/wine
fi
echo "test-wine: nothing was tested" >&2
[ -z "${CI:-}" ]
