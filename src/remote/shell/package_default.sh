# shellcheck shell=sh
# is_package_default PATH: whether a file is exactly as its package brought it. What no package manager answers for is
# not.
is_package_default() {
  if command -v dpkg-query >/dev/null; then
    default_sum=$(md5sum <"$1") || return 1
    dpkg-query -W -f '${Conffiles}\n' 2>/dev/null | is_listed "$1" "${default_sum%% *}"
  elif command -v rpm >/dev/null; then
    # Newer ones know files by SHA-256, older by MD5.
    for default_program in sha256sum md5sum; do
      default_sum=$("$default_program" <"$1") || return 1
      ! rpm -q -f --qf '[%{FILENAMES} %{FILEDIGESTS}\n]' -- "$1" 2>/dev/null | is_listed "$1" "${default_sum%% *}" || return 0
    done
    return 1
  else
    return 1
  fi
}

# is_listed PATH SUM: in lines of a path and its sum
is_listed() { path=$1 sum=$2 awk '$1 == ENVIRON["path"] && $2 == ENVIRON["sum"] { found = 1 } END { exit !found }'; }
