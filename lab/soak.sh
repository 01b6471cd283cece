#!/usr/bin/env bash
# Builds the stacked cluster ten times on fresh hosts, unattended. Each must end healthy, and a second run change nothing.
# usage: soak.sh [TIMES]
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-10} hawser=target/release/hawser results=docs/results/soak.md log=target/soak
mkdir -p "$log" "$(dirname "$results")"
rows=()
for ((i = 1; i <= times; i++)); do
  lab/lab up stacked >"$log/$i-lab.log" 2>&1
  began=$(date +%s.%N) outcome=healthy
  "$hawser" apply --yes -i lab/stacked.toml >"$log/$i-apply.log" 2>&1 || outcome="apply exited with $?"
  took=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')
  if [[ $outcome = healthy ]]; then
    "$hawser" plan --detailed-exitcode -i lab/stacked.toml >"$log/$i-plan.log" 2>&1 || outcome="the second plan exited with $?"
  fi
  rows+=("| $i | $outcome | $took |")
  echo "build $i: $outcome, $took s"
done
{
  echo "# Ten builds in a row"
  echo
  echo "\`make soak\` on $(date -u +%F), $(nproc) cores: the stacked profile (2 balancers, 3 control planes, 2 workers) on fresh hosts each time."
  echo
  echo "| build | outcome | seconds |"
  echo "| --- | --- | --- |"
  printf '%s\n' "${rows[@]}"
} >"$results"
! printf '%s\n' "${rows[@]}" | grep -v '| healthy |'
