# shellcheck shell=bash disable=SC2034,SC2154  # shared with common.sh, products.sh and hosts.sh
# Hosts with nothing on them, and the package repository from which they are prepared. Made only for profiles that say
# `prepare = true`.
#
#   bare-base ─┬─ packages ─── bare
#   kubernetes ┤  (signing-key, crictl)
#   node-programs (the second version)

repository_label=hawser-lab-repository
repository_name=lab-repository
repository_address=10.77.0.5   # also in build/bare/etc/apt and in the inventories

# is_bare PROFILE: whether its hosts are to be prepared
is_bare() { grep -q '^prepare = true' "$lab_dir/$1.toml"; }

# is_offline PROFILE: whether its hosts may ask no repository
is_offline() { grep -q '^packages = ' "$lab_dir/$1.toml"; }

build_bare() {
  make_image "$bare_base_image" "$lab_dir/build/bare-base.sh" "$bare_base_image"
  make_product "$signing_key_path" "$lab_dir/build/signing-key.sh"
  if [[ ! -e $packages_path ]]; then
    build_source
    make_product "$second_path" "$lab_dir/build/node-programs.sh" "$source_path" "$second_version"
    make_product "$packages_path" "$lab_dir/build/packages.sh" "$bare_base_image" "$signing_key_path" "$crictl_path" \
      "$containerd_path" "$etcd_path" "$version=$bin_path,$second_version=$second_path"
  fi
  make_image "$bare_image" "$lab_dir/build/bare-image.sh" "$bare_base_image" "$packages_path" "$bare_image"
}

# bring_packages PROFILE: the repository's key, the packages and the images lie beside the hosts' key, for inventories
# to name; and the repository is served inside the lab's network, where hosts may ask one.
bring_packages() {
  cp "$packages_path/repository.asc" "$run_dir/repository.asc"
  ln -sfn "$images_path" "$run_dir/images.tar"
  ln -sfn "$packages_path" "$run_dir/packages"
  is_offline "$1" || start_repository
}

start_repository() {
  docker run --detach --name "$repository_name" --label "$repository_label" --network "$network" \
    --ip "$repository_address" --volume "$packages_path:/srv:ro" "$base_image" busybox httpd -f -p 80 -h /srv >/dev/null
}

stop_repository() {
  docker ps --all --quiet --filter "label=$repository_label" | xargs -r docker rm --force --volumes >/dev/null
  rm -f "$run_dir"/{repository.asc,images.tar,packages}
}

# The next patch release: nothing but its number differs.
second_version=${version%.*}.$((${version##*.} + 1))

bare_base_key=$(hash_of build/bare-base.sh)
bare_base_image=hawser-lab/bare-base:$bare_base_key

signing_key_path=$cache/signing-key-$(hash_of build/signing-key.sh)

# Of programs that were brought there is one build: the second version's packages hold the same ones.
second_path=$bin_path
[[ ${LAB_BIN:-} ]] ||
  second_path=$cache/node-programs-$(hash_text "$source_key" "$second_version" "$(hash_of build/node-programs.sh)")

packages_key=$(hash_text "$bare_base_key" "$bin_key" "$crictl_key" "$containerd_key" "$etcd_key" "$second_path" "$signing_key_path" \
  "$(hash_of build/packages.sh build/packages build/host/etc/systemd/system)")
packages_path=$cache/packages-$packages_key

bare_image=hawser-lab/bare:$(hash_text "$packages_key" "$(hash_of build/bare-image.sh build/bare build/host)")
