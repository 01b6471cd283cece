# shellcheck shell=sh
# back_up PATH: keeps it beside as PATH.before-hawser, for its owner alone. An older one is never overwritten: this one
# gets a number then.
back_up() {
  kept=$1.before-hawser
  number=1
  while [ -e "$kept" ] || [ -L "$kept" ]; do
    ! cmp -s "$1" "$kept" || return 0
    number=$((number + 1))
    kept=$1.before-hawser.$number
  done
  (set -C; cat -- "$1" >"$kept")
  chown -- "$(stat -c %u:%g -- "$1")" "$kept"
  sync -- "$kept"
  echo "$1 is kept as $kept"
}
