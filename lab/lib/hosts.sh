# shellcheck shell=bash disable=SC2154  # set in common.sh and products.sh
# The hosts: containers that behave as machines with systemd and sshd, on a network of their own.

label=hawser-lab
network=hawser-lab
subnet=10.77.0.0/24
fence_priority=7700

# All that systemd, containerd and kubelet need, instead of --privileged (which asks for more than a confined root has).
# Not among them: SYS_TIME (the clock is the machine's), SYS_MODULE, SYS_RESOURCE.
capabilities=(AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID
  IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID
  SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYSLOG SYS_NICE SYS_PACCT SYS_PTRACE SYS_TTY_CONFIG WAKE_ALARM)

# build_for PROFILE: builds what its hosts start from, and says what that is
build_for() {
  image=$host_image without_images=${LAB_WITHOUT_IMAGES:-}
  if is_bare "$1"; then
    image=$bare_image
    without_images=yes
    build_all bare
  else
    build_all
  fi
}

running_hosts() { docker ps --filter "label=$label" --format '{{.Names}}' | sort; }
all_hosts() { docker ps --all --filter "label=$label" --format '{{.Names}}' | sort; }
address_of() { docker inspect --format "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$1"; }

must_be_host() {
  [[ $(docker inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) ]] || die "no host '$1' in the lab"
}

ensure_key() {
  mkdir -p "$run_dir"
  [[ -f $run_dir/id_ed25519 ]] || ssh-keygen -q -t ed25519 -N '' -C hawser-lab -f "$run_dir/id_ed25519"
}

# The bridge bears the network's name, so that a rule can name it: what a host sends outside its network, such as to a
# cluster IP before kube-proxy runs, is refused at once and does not leave the machine.
ensure_network() {
  docker network inspect "$network" >/dev/null 2>&1 ||
    docker network create --subnet "$subnet" --opt "com.docker.network.bridge.name=$network" "$network" >/dev/null
  fence_stands || ip rule add iif "$network" unreachable priority "$fence_priority"
}

remove_network() {
  while fence_stands; do ip rule del priority "$fence_priority"; done
  ! docker network inspect "$network" >/dev/null 2>&1 || docker network rm "$network" >/dev/null
}

fence_stands() { [[ $(ip rule list priority "$fence_priority" 2>/dev/null) ]]; }

# copy_store FOLDER: this host's /var/lib/containerd, with the images in it. Image contents and unpacked layers are
# never written to again, so hard links serve all hosts; the databases are written to, so each host has its own.
copy_store() {
  local database
  mkdir -p "${1%/*}"
  cp -al "$store_path" "$1"
  find "$1" -name '*.db' | while read -r database; do
    cp --preserve=all "$database" "$database.own"
    mv "$database.own" "$database"
  done
}

# start_host NAME ADDRESS
start_host() {
  local name=$1 address=$2 folder=$cache/hosts/$1
  rm -rf "$folder"
  if [[ $without_images ]]; then mkdir -p "$folder/containerd"; else copy_store "$folder/containerd"; fi
  # The label names the host's folder, so that `down` finds it whatever cache it is called with.
  # /var is a volume, as no overlay stands on an overlay.
  docker run --detach --name "$name" --hostname "$name" --label "$label=$folder" \
    "${capabilities[@]/#/--cap-add=}" --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --security-opt systempaths=unconfined --device-cgroup-rule 'a *:* rwm' --device /dev/fuse --device /dev/kmsg \
    --cgroupns=private --stop-signal SIGRTMIN+3 --tmpfs /run:exec --tmpfs /run/lock --tmpfs /tmp:exec \
    --volume /var --volume "$folder/containerd:/var/lib/containerd" \
    --network "$network" --ip "$address" \
    --env container=docker --env "LAB_AUTHORIZED_KEY=$(<"$run_dir/id_ed25519.pub")" "$image" >/dev/null
}

# await_host NAME: until it takes logins; prints its host keys. The keys come by way of Docker, not of the network.
await_host() {
  timeout 60 docker exec "$1" /usr/local/lib/lab/ready || {
    docker logs --tail 20 "$1" >&2
    die "$1 did not come up within 60 s"
  }
}

# trust_host NAME ADDRESS: its known_hosts lines
trust_host() {
  await_host "$1" | awk -v names="$2,$1" '{ print names, $1, $2 }'
}

# await_boot NAME: until systemd has started all that boot starts, or has waited long for it; a unit may have failed.
# Where ten hosts boot at once, one that still does may take half a minute for a `systemctl show`.
await_boot() { timeout 60 docker exec "$1" systemctl is-system-running --wait >/dev/null || true; }

# start_hosts: reads `NAME ADDRESS` lines, starts all hosts at once, writes known_hosts
start_hosts() {
  local name address job jobs=() new=$run_dir/known_hosts.new.$$
  mkdir -p "$new"
  while read -r name address; do
    { start_host "$name" "$address" && trust_host "$name" "$address" >"$new/$name" && await_boot "$name"; } &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || die 'not all hosts started'; done
  cat "$new"/* >>"$run_dir/known_hosts"
  rm -rf "$new"
}

# What a host's root takes of inotify's instances (systemd, containerd), a kubelet besides, a node's kube-proxy, and a
# control plane's programs, which since 1.22 watch their certificates; the controller manager that leads takes more.
instances_a_host=4 instances_a_kubelet=5 instances_a_node=1 instances_a_plane=1 instances_a_leader=0
((minor < 22)) || instances_a_kubelet=6 instances_a_plane=9 instances_a_leader=5

# free_instances: those that root has left. All hosts' root is the machine's, and has one
# allowance; dbus is another user's.
free_instances() {
  local used
  # Processes end while they are looked at.
  used=$({ find /proc/[0-9]*/fd -lname anon_inode:inotify -printf '%H\n' 2>/dev/null || true; } | while read -r folder; do
    ! grep -qs $'^Uid:\t0\t' "${folder%/fd}/status" || echo "$folder"
  done | wc -l)
  echo $(($(</proc/sys/fs/inotify/max_user_instances) - used))
}

# must_fit WHAT INSTANCES FREE: refuses hosts that would not find room: they come up, and then etcd, kubelet or systemd
# fails for "too many open files".
must_fit() {
  (($2 <= $3)) || [[ ${LAB_CROWDED:-} ]] ||
    die "$1 would not find room: \`sysctl fs.inotify.max_user_instances=512\` gives the machine more (LAB_CROWDED=1 starts all the same)"
}

# tell_room PROFILE: says, before a host starts, how many fit
tell_room() {
  local free hosts planes takes worker=$((instances_a_host + instances_a_kubelet + instances_a_node))
  free=$(free_instances)
  hosts=$(inventory_hosts "$1" | wc -l)
  planes=$(inventory_count "$1" control-plane)
  takes=$((hosts * instances_a_host + $(inventory_count "$1" kubelet) * instances_a_kubelet +
    $(inventory_count "$1" node) * instances_a_node + planes * instances_a_plane + (planes > 0) * instances_a_leader))
  say "inotify: $free of $(</proc/sys/fs/inotify/max_user_instances) instances are free, enough for $((free / worker)) workers" \
    "or $(((free - instances_a_leader) / (worker + instances_a_plane))) control planes; this profile's $hosts hosts take up to $takes"
  must_fit "$hosts hosts" "$takes" "$free"
}

up() {
  local profile=$1 began=$SECONDS hosts
  hosts=$(inventory_hosts "$profile")
  [[ $hosts ]] || die "$profile.toml names no hosts"
  build_for "$profile"
  if [[ $(all_hosts) ]]; then
    say "a lab is running ($(all_hosts | paste -sd' ')): taking it down first"
    down
  fi
  tell_room "$profile"
  ensure_key
  ensure_network
  inventory "$profile" >/dev/null
  : >"$run_dir/known_hosts"
  echo "$profile" >"$run_dir/profile"
  ! is_bare "$profile" || bring_packages "$profile"
  start_hosts <<<"$hosts"
  say "$(wc -l <<<"$hosts") hosts of profile $profile ($version) up after $((SECONDS - began)) s"
}

# down: removes every trace but the cache and the SSH key's folder in the checkout
down() {
  local folders folder
  folders=$(docker ps --all --quiet --filter "label=$label" | xargs -r docker inspect --format "{{index .Config.Labels \"$label\"}}")
  docker ps --all --quiet --filter "label=$label" | xargs -r -n 1 -P 8 docker rm --force --volumes >/dev/null
  stop_repository
  remove_network
  for folder in $folders; do
    [[ $folder == */hosts/* ]] && rm -rf "$folder"
  done
  rm -rf "$cache/hosts"
  rm -f "$run_dir/known_hosts" "$run_dir/profile"
  rm -rf "$run_dir"/known_hosts.new.*
}

# add NAME=ADDRESS: one more host
add() {
  local name=${1%%=*} address=${1##*=} running
  [[ $1 == ?*=?* ]] || die 'usage: lab add NAME=ADDRESS'
  [[ $(running_hosts) ]] || die 'no lab is running'
  build_for "$(<"$run_dir/profile")"
  running=$(docker ps --filter "label=$label" --format '{{.Image}}' | sort -u)
  [[ $running == "$image" ]] || die "the lab's hosts are $running, this one would be $image: LAB_BIN and others are not as they were"
  must_fit "$name" $((instances_a_host + instances_a_kubelet + instances_a_node)) "$(free_instances)"
  ensure_key
  start_hosts <<<"$name $address"
  say "$name up at $address"
}

# power_cycle NAME: power lost, power back. /run and /tmp are gone after it, the rest of the host is not.
power_cycle() {
  must_be_host "$1"
  docker kill "$1" >/dev/null 2>&1 || true   # it may be off already
  docker start "$1" >/dev/null
  await_host "$1" >/dev/null
}

status() {
  local name
  [[ $(all_hosts) ]] || {
    echo 'no lab is running'
    return
  }
  [[ ! -f $run_dir/profile ]] || echo "profile $(<"$run_dir/profile")"
  for name in $(all_hosts); do
    printf '%-8s %-12s %s\n' "$name" "$(address_of "$name")" "$(docker inspect --format '{{.State.Status}}' "$name")"
  done
}

record_setting=/etc/ssh/sshd_config.d/lab-record.conf

# record on|off|clear: whether sshd passes every command through the recorder. Sessions that are open stay as they are.
# A restart returns when the new sshd listens; a reload does not wait, and for a moment nobody does.
record() {
  local name command
  case $1 in
  on) command="echo 'ForceCommand /usr/local/lib/lab/record' >$record_setting && systemctl restart ssh" ;;
  off) command="rm -f $record_setting && systemctl restart ssh" ;;
  clear) command='rm -rf /run/lab-record/*/*' ;;
  *) die 'usage: lab record on|off|clear' ;;
  esac
  running_hosts | xargs -r -P 8 -I '{}' docker exec '{}' sh -c "$command"
}
