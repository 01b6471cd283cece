#!/usr/bin/env bash
# Every shell script of the project, by shellcheck: the lab's, the benchmark's, and what hawser runs on hosts.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

shebang='^#!/(usr/)?bin/(env )?(ba)?sh'
mapfile -t programs < <(
  find . \( -path ./target -o -path ./.git -o -path ./lab/run \) -prune -o -type f -exec grep -lE --max-count=1 "$shebang" {} + | sort
)
shellcheck -x -P SCRIPTDIR "${programs[@]}"

# A host's sh is not always bash. Scripts follow the prelude, and some follow others: a name that is set or used
# elsewhere is no mistake (2034, 2154); nor is another language in single quotes (2016), or a function whose name
# another function is given to call (2317).
mapfile -t scripts < <(find src/remote -name '*.sh' | sort)
shellcheck --shell=sh --exclude=SC2016,SC2034,SC2154,SC2317 "${scripts[@]}"
