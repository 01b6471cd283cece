#!/usr/bin/env bash
# Builds a profile's cluster again and again on fresh hosts, unattended. Each must end healthy, a second run change
# nothing, and the API go on when the host that holds the virtual IP loses its power.
# usage: soak.sh [PROFILE [TIMES]]
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-stacked} times=${2:-10}
inventory=$(realpath --relative-to=. "$(lab/lab inventory "$profile")") hawser=target/release/hawser log=target/soak/$profile results=docs/results/soak-$profile.md
[[ $profile != stacked ]] || results=docs/results/soak.md
mkdir -p "$log" "$(dirname "$results")"

# of_endpoint KEY: what the inventory says of the endpoint
of_endpoint() { sed -n '/^\[endpoint\]/,/^\[/s/^'"$1"' = "\?\([^"]*\)"\?$/\1/p' "$inventory"; }
vip=$(of_endpoint vip) port=$(of_endpoint port)
mapfile -t names < <(lab/lab hosts "$profile" | cut -d' ' -f1)

holder() {
  local name
  for name in "${names[@]}"; do
    ! docker exec "$name" ip -o address show | grep -qF " $vip/" || echo "$name"
  done
}

# asked: whether the API answers through the virtual IP
asked() {
  "$(lab/lab path bin)/kubectl" --kubeconfig "$log/kubeconfig" --server "https://$vip:$port" --request-timeout 2s get --raw /readyz
}

seconds_since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}'; }

# lose_holder: kills the host that holds the virtual IP; prints how long the API was away
lose_holder() {
  local lost killed
  rm -f "$log/kubeconfig"
  "$hawser" kubeconfig -i "$inventory" --to "$log/kubeconfig" >/dev/null
  lost=$(holder)
  [[ $lost && $lost != *$'\n'* ]] || { echo "not one host holds $vip: ${lost:-nobody}" >&2; return 1; }
  killed=$(date +%s.%N)
  docker kill "$lost" >/dev/null
  while ! asked >/dev/null 2>&1; do
    (($(seconds_since "$killed" | cut -d. -f1) < 60)) || { echo "$lost killed: the API does not answer" >&2; return 1; }
    sleep 0.1
  done
  echo "$lost, $(seconds_since "$killed")"
}

rows=()
for ((i = 1; i <= times; i++)); do
  lab/lab up "$profile" >"$log/$i-lab.log" 2>&1
  began=$(date +%s.%N) outcome=healthy lost=-
  "$hawser" apply --yes -i "$inventory" >"$log/$i-apply.log" 2>&1 || outcome="apply exited with $?"
  took=$(seconds_since "$began")
  if [[ $outcome = healthy ]]; then
    "$hawser" plan --detailed-exitcode -i "$inventory" >"$log/$i-plan.log" 2>&1 || outcome="the second plan exited with $?"
  fi
  if [[ $outcome = healthy ]]; then
    lost=$(lose_holder 2>"$log/$i-lost.log") || outcome=$(tail -n 1 "$log/$i-lost.log") lost=-
  fi
  rows+=("| $i | $outcome | $took | $lost |")
  echo "build $i: $outcome, $took s; holder of the virtual IP killed, and seconds until the API answered: $lost"
done
{
  echo "# $times builds in a row: $profile"
  echo
  echo "\`make soak PROFILE=$profile\` on $(date -u +%F), $(nproc) cores: fresh hosts each time (${names[*]}). After each build the host that"
  echo "holds the virtual IP is killed, and the API is asked through it until it answers again."
  echo
  echo "| build | outcome | seconds | killed, seconds until the API answered |"
  echo "| --- | --- | --- | --- |"
  printf '%s\n' "${rows[@]}"
} >"$results"
! printf '%s\n' "${rows[@]}" | grep -v '| healthy |'
