# needs: apt install
# args: folder sums packages…
# `sums`: for each package a line as sha256sum writes it. Packages come from these files of
# the folder and from nowhere else; what else lies there goes. The folder goes at the end.
(
  cd "$folder" || exit 1
  printf '%s\n' "$sums" | sha256sum --check --strict --quiet 2>&1
  for file in * .[!.]*; do
    printf '%s\n' "$sums" | cut -c67- | grep -qxF -e "$file" || rm -rf -- "$file"
  done
  for file in *.deb; do
    dpkg-deb -f "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s -- "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
  done >Packages
)
mkdir -p "$folder/lists/partial" "$folder/archives/partial"
chmod -R go+rX "$folder"
# Each file's sum is the workstation's, and came over SSH.
printf 'deb [trusted=yes] file:%s ./\n' "$folder" >"$folder/sources.list"
apt_source="-o Dir::Etc::SourceList=$folder/sources.list -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists=$folder/lists -o Dir::Cache::archives=$folder/archives -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=root"
# shellcheck disable=SC2154 # it is set right there
trap 'status=$?; [ "$status" -ne 0 ] || rm -rf -- "$folder"; exit "$status"' EXIT
install_packages "$@"
