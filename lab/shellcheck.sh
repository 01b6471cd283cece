#!/usr/bin/env bash
# Every shell script of the project, by shellcheck: the lab's, the benchmark's, and what hawser runs on hosts.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

shebang='^#!/(usr/)?bin/(env )?(ba)?sh'
mapfile -t programs < <(
  find . \( -path ./target -o -path ./.git -o -path ./lab/run \) -prune -o -type f -exec grep -lE --max-count=1 "$shebang" {} + | sort
)
shellcheck -x -P SCRIPTDIR "${programs[@]}"

# What a host receives: the prelude, the arguments by the names that the script gives them, the functions that it
# needs, and itself. The macro `script!` (src/remote/shell/mod.rs) puts it together in the same way.
said() { sed -n "/^#/!q; s/^# $1: //p" "$2"; }
assembled() {
  local name
  cat src/remote/shell/prelude.sh
  for name in $(said args "$1"); do
    [[ $name == *… ]] || echo "$name=\$1; shift"
  done
  for name in $(said needs "$1"); do cat "src/remote/shell/$name.sh"; done
  cat "$1"
}

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
while read -r script; do
  assembled "$script" >"$folder/$(basename "$script")"
done < <(find src/remote -name '*.sh' -not -path 'src/remote/shell/*' | sort)

# A host's sh is not always bash. A function has uses that one script has not: what only others read (2034) or call
# (2317, 2329) is no mistake, nor is another language in single quotes (2016).
cd "$folder"
shellcheck --shell=sh --exclude=SC2016,SC2034,SC2317,SC2329 -- *.sh
