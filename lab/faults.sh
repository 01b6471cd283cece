#!/usr/bin/env bash
# Runs the tests in which hosts lose power or their disk, the operator interrupts, and logins ask, and those that are
# named besides; writes what came of it.
# usage: faults.sh TESTS      (as nextest's filters)
set -euo pipefail
cd "$(dirname "$0")/.."
results=docs/results/faults.md log=target/faults.log status=0
mkdir -p "$(dirname "$results")"
NO_COLOR=1 cargo nextest run --locked --features lab --profile lab --no-fail-fast -E "binary(=lab_faults) + $1" 2>&1 | tee "$log" || status=$?
lab/lab down
{
  echo "# Faults, interruptions and logins"
  echo
  echo "\`make faults\` on $(date -u +%F), $(nproc) cores: each test with a cluster on the lab's real hosts, the last part of its name as a sentence."
  echo
  echo "| outcome | seconds | test |"
  echo "| --- | --- | --- |"
  sed -nE 's/^ *(PASS|FAIL|TIMEOUT|ABORT|SIGKILL) \[ *([0-9.]+)s\].*::([a-z0-9_]+)$/\1 \2 \3/p' "$log" | sort -u -k3 |
    while read -r outcome seconds name; do
      echo "| ${outcome,,} | $seconds | ${name//_/ } |"
    done
} >"$results"
exit "$status"
