# shellcheck shell=bash disable=SC2034,SC2154  # shared with common.sh and hosts.sh
# The lab's slow products: what each is keyed by, and how it is made when its key is new.
#
#   kubernetes-source ─┬─ kubernetes ─┬─ images ─── image-store
#                      └─ crictl ─────┼─ host
#   base ─────────────────────────────┘ (also under images and image-store)
#
# What the user brings takes the place of kubernetes, and of the base's containerd and etcd.

# make_product PATH COMMAND…: runs COMMAND with a temporary path as its last argument, and gives the result its name
# only when the command succeeded: what was interrupted never looks complete.
make_product() {
  local path=$1 temporary=$cache/temporary/${1##*/}
  shift
  [[ ! -e $path ]] || return 0
  rm -rf "$temporary"
  run_build "${path##*/}" "$@" "$temporary"
  mv -T "$temporary" "$path"
}

# make_image NAME COMMAND…: as make_product, for an image in Docker; COMMAND's last argument is a scratch folder.
make_image() {
  local name=$1 scratch=$cache/temporary/${1//[\/:]/-}
  shift
  ! docker image inspect "$name" >/dev/null 2>&1 || return 0
  rm -rf "$scratch"
  mkdir -p "$scratch"
  run_build "$name" "$@" "$scratch"
  rm -rf "$scratch"
}

# run_build WHAT COMMAND…: with a log, of which the end is shown after a failure.
run_build() {
  local what=$1 log=$cache/log/${1//[\/:]/-}.log began=$SECONDS
  shift
  mkdir -p "$cache/log" "$cache/temporary"
  say "building $what (log: $log)"
  "$@" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "building $what failed"
  }
  say "built $what in $((SECONDS - began)) s"
}

build_source() { make_product "$source_path" "$lab_dir/build/kubernetes-source.sh"; }

build_kubernetes() {
  [[ ! -e $bin_path ]] || return 0
  build_source
  make_product "$bin_path" "$lab_dir/build/kubernetes.sh" "$source_path" "$version"
}

build_crictl() {
  [[ ! -e $crictl_path ]] || return 0
  build_source
  make_product "$crictl_path" "$lab_dir/build/crictl.sh" "$source_path"
}

build_base() { make_image "$base_image" "$lab_dir/build/host-base.sh" "$base_image"; }

build_images() {
  local which=all
  [[ ! ${LAB_IMAGES:-} ]] || which=lab
  make_product "$images_path" "$lab_dir/build/image-archive.sh" "$base_image" "$bin_path" "$etcd_path" "$which"
}

build_image_store() {
  make_product "$store_path" "$lab_dir/build/image-store.sh" "$base_image" "$containerd_path" "$archives"
}

build_host() {
  make_image "$host_image" "$lab_dir/build/host-image.sh" "$base_image" "$bin_path" "$crictl_path" "$containerd_path" "$etcd_path" \
    "$host_image"
}

# build_all [bare]: what every profile needs, and what bare hosts need
build_all() {
  mkdir -p "$cache"
  # Two at once would build in the same temporary places.
  exec {build_lock}>"$cache/build.lock"
  flock --nonblock "$build_lock" || {
    say 'another build runs; waiting for it'
    flock "$build_lock"
  }
  build_base
  build_kubernetes
  build_crictl
  build_images
  build_image_store
  build_host
  [[ ${1:-} != bare ]] || build_bare
  exec {build_lock}>&-
}

# prune: removes products that the present scripts and settings do not use.
prune() {
  local path image
  for path in "$cache"/{kubernetes-source,kubernetes,crictl,images,image-store,node-programs,packages}-*; do
    case $path in
    "$source_path" | "$bin_path" | "$crictl_path" | "$images_path" | "$store_path" | "$second_path" | "$packages_path") ;;
    *) rm -rf "$path" ;;
    esac
  done
  docker images --format '{{.Repository}}:{{.Tag}}' 'hawser-lab/*' | while read -r image; do
    # An image that hosts still run from stays.
    case $image in
    "$base_image" | "$host_image" | "$bare_base_image" | "$bare_image") ;;
    *) docker rmi "$image" >/dev/null 2>&1 || true ;;
    esac
  done
}

base_key=$(hash_of build/host-base.sh)
base_image=hawser-lab/base:$base_key

source_key=$(hash_of build/kubernetes-source.sh)
source_path=$cache/kubernetes-source-$source_key

# own_folder_has NAME: LAB_BIN, where a program of that name lies among those of Kubernetes
own_folder_has() { [[ ! ${LAB_BIN:-} || ! -x $LAB_BIN/$1 ]] || echo "$LAB_BIN"; }

# folder_of SETTING NAME: the folder that a setting names, which holds a program of that name
folder_of() {
  [[ -x ${!1}/$2 ]] || die "$1=${!1}: there is no program $2 in it"
  realpath "${!1}"
}

# A folder that has everything in it needs to be named once.
LAB_CONTAINERD=${LAB_CONTAINERD:-$(own_folder_has containerd)}
LAB_ETCD=${LAB_ETCD:-$(own_folder_has etcd)}

if [[ ${LAB_BIN:-} ]]; then
  bin_path=$(folder_of LAB_BIN kubeadm)
  bin_key=$(hash_outside "$bin_path"/*)
  version=$("$bin_path/kubeadm" version -o short)
  [[ ${LAB_VERSION:-$version} == "$version" ]] || die "LAB_VERSION=$LAB_VERSION is for programs that the lab builds; those of $LAB_BIN are $version"
else
  bin_key=$(hash_text "$source_key" "$version" "$(hash_of build/kubernetes.sh)")
  bin_path=$cache/kubernetes-$bin_key
fi

containerd_path=- containerd_key=
if [[ $LAB_CONTAINERD ]]; then
  containerd_path=$(folder_of LAB_CONTAINERD containerd)
  containerd_key=$(hash_outside "$containerd_path"/*)
fi

etcd_path=- etcd_key=
if [[ $LAB_ETCD ]]; then
  etcd_path=$(folder_of LAB_ETCD etcd)
  etcd_key=$(hash_outside "$etcd_path"/*)
fi

crictl_key=$(hash_text "$source_key" "$(hash_of build/crictl.sh build/crictl)")
crictl_path=$cache/crictl-$crictl_key

images_key=$(hash_text "$base_key" "$bin_key" "$etcd_key" "${LAB_IMAGES:+brought}" \
  "$(hash_of build/image-archive.sh build/images.sh build/images pod-network/agent.sh)")
images_path=$cache/images-$images_key.tar
archives=$images_path
brought_key=
if [[ ${LAB_IMAGES:-} ]]; then
  archives+=,$(realpath "$LAB_IMAGES")
  brought_key=$(hash_outside "$LAB_IMAGES")
fi

store_key=$(hash_text "$base_key" "$containerd_key" "$images_key" "$brought_key" "$(hash_of build/image-store.sh)")
store_path=$cache/image-store-$store_key

host_key=$(hash_text "$base_key" "$bin_key" "$crictl_key" "$containerd_key" "$etcd_key" \
  "$(hash_of build/host-image.sh build/host build/containerd)")
host_image=hawser-lab/host:$host_key
