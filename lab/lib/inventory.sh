# shellcheck shell=bash disable=SC2154  # set in common.sh and products.sh
# The inventories: the profiles, and what other programs than the lab's own need otherwise.

# inventory_hosts PROFILE: `NAME ADDRESS` of each [[hosts]] entry, from the inventory that hawser reads too.
inventory_hosts() {
  must_be_profile "$1"
  awk -F'"' '
    /^\[\[hosts\]\]/ { inside = 1; next }
    /^\[/            { inside = 0 }
    inside && /^name *=/    { name = $2 }
    inside && /^address *=/ { print name, $2 }' "$lab_dir/$1.toml"
}

# inventory_count PROFILE kubelet|node|ROLE: how many hosts run a kubelet in the end, are nodes, or have a role in the
# cluster. Hosts whose API has no address of its own are never made one.
inventory_count() {
  local roles="\"$2\""
  grep -q '^vip = ' "$lab_dir/$1.toml" || {
    echo 0
    return
  }
  if [[ $2 == kubelet || $2 == node ]]; then
    roles='"control-plane"|"worker"'
    [[ $2 == node ]] || grep -q '^manager = "systemd"' "$lab_dir/$1.toml" || roles+='|"etcd"'
  fi
  grep '^roles = ' "$lab_dir/$1.toml" | grep -cE "$roles"
}

must_be_profile() { [[ -f $lab_dir/$1.toml ]] || die "no profile '$1' (there is no $lab_dir/$1.toml)"; }

# inventory PROFILE: where the inventory lies that fits the programs. That is the profile itself for the version that it
# names; for another one it is made from it, anew whenever it is asked for, as run/PROFILE.toml.
inventory() {
  must_be_profile "$1"
  local profile=$lab_dir/$1.toml own=$run_dir/$1.toml
  if grep -qxF "kubernetes = \"$version\"" "$profile"; then
    echo "$profile"
    return
  fi
  mkdir -p "$run_dir"
  {
    echo "# Written by \`lab inventory $1\` for $version; what is changed here is lost."
    fit <"$profile"
  } >"$own.$$"
  mv "$own.$$" "$own"
  echo "$own"
}

# fit: an inventory as this version of Kubernetes wants it, and with whole paths
fit() {
  local registry=k8s.gcr.io kubelet=()
  if [[ ${LAB_BIN:-} ]]; then
    registry=$("$bin_path/kubeadm" config images list --kubernetes-version "$version" | sed -n 's#/kube-apiserver:.*##p')
  fi
  # The gate was locked in 1.25 and is gone since 1.27; a field of the kubelet's took its place.
  ((minor < 25)) || kubelet+=(-e 's#^featureGates = { LocalStorageCapacityIsolation = false }$#localStorageCapacityIsolation = false#')
  # A kubelet of 1.35 does not start on cgroup v1 unless it is told to; those before 1.31 do not know the word.
  ((minor < 31)) || [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] ||
    kubelet+=(-e 's#^cgroupDriver = .*#&\nfailCgroupV1 = false#')
  sed -e "s#^kubernetes = .*#kubernetes = \"$version\"#" -e "s#^image_repository = .*#image_repository = \"$registry\"#" \
    -e "s#/core:/stable:/v1\.[0-9]*/#/core:/stable:/v1.$minor/#" -e "s#\"run/#\"$run_dir/#g" \
    -e "s#\"pod-network/#\"$lab_dir/pod-network/#g" "${kubelet[@]}"
}

minor=${version#v1.}
minor=${minor%%.*}
