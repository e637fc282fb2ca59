#!/bin/sh
# promtool.sh RENDER: what the metrics renderer prints passes `promtool check metrics`
# without a word; a known bad exposition shows that the linter looks.
set -eu

render=$1
bad=$TEST_DATA/prometheus-lint
out=$(mktemp)
trap 'rm -f "$out"' EXIT

if promtool check metrics <"$bad/bad.prom" 2>"$out"; then
	echo "promtool accepted $bad/bad.prom" >&2
	exit 1
fi
diff -u "$bad/bad.expected.txt" "$out"

"$render" --render | promtool check metrics >"$out" 2>&1 || { cat "$out" >&2; exit 1; }
if [ -s "$out" ]; then
	cat "$out" >&2
	exit 1
fi
