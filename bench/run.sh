#!/usr/bin/env bash
# hawser against the guide by hand, both from running hosts, twice in alternation; and a second apply against Ansible
# asking the hosts for the same facts. Ratios within a topology are from one run; topologies may be measured one by one.
# usage: run.sh [PROFILE...]      (stacked, external; both without)
set -euo pipefail
cd "$(dirname "$0")/.."
hawser=target/release/hawser results=docs/results/bench.md work=target/bench
[[ $# -gt 0 ]] || set -- stacked external

seconds() { # seconds LOG COMMAND…
  local log=$1 began
  shift
  began=$(date +%s.%N)
  "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
  awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}'
}
median() { printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

# measure PROFILE: its part of the results, as $work/PROFILE/result.md
measure() {
  local profile=$1 work=$work/$1 inventory round host ours=() by_hand=() shares=() second=() ansible=()
  mkdir -p "$work"
  inventory=$(lab/lab inventory "$profile")
  for round in 1 2; do
    lab/lab up "$profile" >"$work/lab.log" 2>&1
    by_hand+=("$(seconds "$work/by-hand-$round.log" lab/by-hand.sh "$profile")")
    lab/lab up "$profile" >"$work/lab.log" 2>&1
    "$hawser" plan -o json -i "$inventory" >"$work/plan-$round.json"
    lab/lab record on >>"$work/lab.log" 2>&1
    ours+=("$(seconds "$work/apply-$round.jsonl" "$hawser" apply --yes -o json -i "$inventory")")
    mkdir -p "$work/record-$round"
    for host in $(lab/lab hosts "$profile" | cut -d' ' -f1); do
      docker exec "$host" cat /run/lab-record/root/log >"$work/record-$round/$host" || :
    done
    lab/lab record off >>"$work/lab.log" 2>&1
    shares+=("$(bench/own_share.py "$work/plan-$round.json" "$work/apply-$round.jsonl" "$work/record-$round")")
    echo "$profile, round $round: by hand ${by_hand[-1]} s, hawser ${ours[-1]} s, hawser's own share ${shares[-1]} %"
  done

  for _ in 1 2 3; do second+=("$(seconds "$work/second.log" "$hawser" apply --yes -i "$inventory")"); done
  bench/ansible.sh "${work%/*}/venv" >"$work/ansible-install.log" 2>&1
  for _ in 1 2 3; do ansible+=("$(seconds "$work/ansible.log" bench/ansible_facts.sh "$profile" "${work%/*}/venv" "$work")"); done

  cat >"$work/result.md" <<RESULT

## \`$profile\`

On $(date -u +%F), $(nproc) cores.

| what | seconds | ratio |
| --- | --- | --- |
| the cluster by hand (\`lab/by-hand.sh $profile\`), from running hosts | ${by_hand[*]} | 1 |
| the same by \`hawser apply\`, verified | ${ours[*]} | $(ratio "$(median "${ours[@]}")" "$(median "${by_hand[@]}")") |
| hawser's own share of that, by the hosts' record, % | ${shares[*]} | |
| a second \`hawser apply\` | ${second[*]} | 1 |
| \`ansible-playbook\` asking the same hosts for the same facts | ${ansible[*]} | $(ratio "$(median "${ansible[@]}")" "$(median "${second[@]}")") |
RESULT
}

mkdir -p "$work" "$(dirname "$results")"
for profile; do measure "$profile"; done

# measured PROFILE: its part of the results, where it was not measured now as it stood
measured() {
  if [[ -e $work/$1/result.md ]]; then cat "$work/$1/result.md"; return; fi
  echo
  awk -v title="## \`$1\`" '/^## / { mine = $0 == title } mine' "$results"
}
{
  echo "# Benchmarks"
  echo
  echo "\`make bench\`. Wall seconds; a topology's are all of one run."
  echo
  echo "The own share is the part of the run in which, by what the hosts themselves recorded, neither a changing command"
  echo "ran nor the cluster was getting ready (a check had just said \"not yet\")."
  for profile in stacked external; do
    measured "$profile"
  done
} | cat -s >"$work/results.md"
mv "$work/results.md" "$results"
cat "$results"
