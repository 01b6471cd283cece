# shellcheck shell=bash disable=SC2034  # read by those who source this
# What every script of the lab shares: where things lie, how products are keyed, how packages are had.

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=$lab_dir/run
cache=${HAWSER_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hawser-lab}
version=${LAB_VERSION:-v1.20.2}
export DEBIAN_FRONTEND=noninteractive

say() { echo "lab: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# hash_of FILE_OR_DIR…: a short hash over the names and contents of files below the lab's folder.
hash_of() {
  (cd "$lab_dir" && find "$@" -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-12
}

# hash_text WORD…: a short hash over words, to combine keys.
hash_text() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# hash_outside FILE…: files that the user brought; size and time of change stand for contents, which may be large.
hash_outside() { stat -L -c '%n %s %Y' "$@" | sha256sum | cut -c1-12; }

# need PACKAGE…: installs Debian packages, only those that are missing.
need() {
  local missing=() package
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  }
}
