#!/bin/bash
# Prints the instructions that parsing and writing out one typical request head costs (callgrind).
# Usage: bench/h1_parse.sh [BUILD-DIRECTORY]
build=${1:-build}
count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench_h1_parse" "$1" 2>&1 |
		awk '/Collected/ { print $4 }'
}
none=$(count 0)
some=$(count 10000)
echo "h1 request head: $(((some - none) / 10000)) instructions"
