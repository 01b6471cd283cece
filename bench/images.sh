#!/usr/bin/env bash
# 330 MB of images to ten hosts of the lab that have none: `scp` to each host at once, the same with `ctr images import`
# of the file behind it (which ends where a push ends), that import alone of a file that is there already, `hawser
# images push`, and the same with `--relay`; with the workstation's link held to 100 Mbit/s, and without. Bytes are what
# the lab's bridge sends into the lab: what hosts send each other does not pass through it as the machine's own.
# usage: images.sh [TRIAL…]
#   (a TRIAL is scp, import, scp-import, push or relay, with :100 behind it for the held link; all that
#   tell something when not given)
set -euo pipefail
cd "$(dirname "$0")/.."
hawser=target/release/hawser inventory=$(lab/lab inventory images) results=docs/results/images.md work=target/bench bridge=hawser-lab
trials=("$@")
[[ ${trials[*]} ]] || trials=(scp:100 push:100 relay:100 scp import scp-import push relay)
mkdir -p "$work" "$(dirname "$results")"
archive=$work/images.tar
[[ -f $archive ]] || bench/image_archive.py "$archive" 330 8
bytes=$(stat -c %s "$archive")

hold() { # hold RATE|free: nothing but the lab's own bridge is touched
  tc qdisc del dev "$bridge" root 2>/dev/null || true
  [[ $1 == free ]] || tc qdisc add dev "$bridge" root tbf rate "$1" burst 256kb latency 400ms
}
trap 'hold free' EXIT
sent() { cat "/sys/class/net/$bridge/statistics/tx_bytes"; }
on_all() { lab/lab hosts images | cut -d' ' -f1 | xargs -P 10 -I '{}' docker exec '{}' sh -c "$1"; }
clear_images() {
  on_all "rm -f /var/images.tar; ctr -n k8s.io images ls -q | xargs -r ctr -n k8s.io images rm --sync >/dev/null; sync"
}

reach=(-q -i lab/run/id_ed25519 -o UserKnownHostsFile=lab/run/known_hosts)
scp_to() { scp "${reach[@]}" "$archive" "root@$1:/var/images.tar" </dev/null; }
import_on() {
  ssh "${reach[@]}" "root@$1" 'ctr -n k8s.io images import /var/images.tar >/dev/null && rm /var/images.tar' </dev/null
}
scp_and_import() {
  scp_to "$1"
  import_on "$1"
}

# to_all COMMAND: with each host's address, at once
to_all() {
  local address jobs=() job
  while read -r _ address; do
    "$1" "$address" &
    jobs+=($!)
  done < <(lab/lab hosts images)
  for job in "${jobs[@]}"; do wait "$job"; done
}

# push NAME OPTION…: leaves the program's peak memory in KiB, as the kernel tells it of a child that has ended.
push() {
  local name=$1
  shift
  bench/peak.py "$work/$name.peak" "$hawser" images push -i "$inventory" -o json "$@" "$archive" \
    >"$work/$name.jsonl" 2>"$work/$name.err"
}

# ratio_to TRIAL: of $seconds to that trial's at the same rate; nothing where it was not measured
ratio_to() {
  [[ ! ${took[$1|$rate]:-} ]] || awk -v a="$seconds" -v b="${took[$1|$rate]}" 'BEGIN {printf "%.2f", a / b}'
}

# A kubelet that nobody has set up starts over and over; ten of them on one machine would be measured with the rest.
on_all 'systemctl stop kubelet'

rows=()
declare -A took
for trial in "${trials[@]}"; do
  what=${trial%%:*} rate=free
  [[ $trial != *:* ]] || rate=${trial##*:}mbit
  clear_images
  [[ $what != import ]] || to_all scp_to
  hold "$rate"
  before=$(sent) began=$(date +%s.%N) peak=
  case $what in
  scp) to_all scp_to ;;
  import) to_all import_on ;;
  scp-import) to_all scp_and_import ;;
  push) push "$trial" ;;
  relay) push "$trial" --relay ;;
  *) echo "no trial '$what'" >&2; exit 2 ;;
  esac
  seconds=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}')
  went=$(($(sent) - before))
  hold free
  took[$what|$rate]=$seconds
  [[ $what == scp* || $what == import ]] || peak=$(awk '{printf "%.0f", $1 / 1024}' "$work/$trial.peak")
  row="$what|$rate|$seconds|$went|$(awk -v a="$went" -v b="$bytes" 'BEGIN {printf "%.2f", a / b}')|$peak"
  echo "$row"
  rows+=("$row")
done

{
  echo "# Images to ten hosts"
  echo
  echo "\`make bench-images\` on $(date -u +%F), $(nproc) cores: $((bytes / 1000000)) MB in eight images of random bytes, to ten"
  echo "hosts that have none of them. \`scp\` alone writes a file; followed by \`ctr images import\`, it ends where hawser ends:"
  echo "containerd has imported and unpacked the images, and no file is left. The hosts share the machine's cores, so no push"
  echo "can be faster than \`ctr images import\` alone. One run."
  echo
  echo "| what | link | seconds | × scp | × scp and import | bytes sent by the workstation | × the archive | peak memory, MiB |"
  echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
  for row in "${rows[@]}"; do
    IFS='|' read -r what rate seconds went ratio peak <<<"$row"
    to_scp=$(ratio_to scp) to_import=$(ratio_to scp-import)
    case $what in
    scp) what='scp to each host at once' ;;
    import) what="\`ctr images import\` on each host at once, of a file that is there" ;;
    scp-import) what="scp, then \`ctr images import\`, on each host at once" ;;
    push) what='hawser images push' ;;
    relay) what='hawser images push --relay' ;;
    esac
    [[ $rate != free ]] || rate='not held'
    echo "| $what | ${rate/mbit/ Mbit/s} | $seconds | $to_scp | $to_import | $went | $ratio | ${peak:-} |"
  done
} >"$results"
cat "$results"
