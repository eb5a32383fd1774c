#!/bin/sh
# Runs each fuzz target of the module for FUZZTIME, one after the other. Inputs
# are made smaller by a few tries only: that takes a minute each otherwise.
set -eu
: "${GO:=go}" "${FUZZTIME:=20s}"

grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | xargs -n1 dirname | sort -u |
	while read -r dir; do
		grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | awk '{ print $2 }' |
			while read -r target; do
				echo "== $dir $target ($FUZZTIME)"
				$GO test "$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 100x </dev/null
			done
	done
