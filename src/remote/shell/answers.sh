# shellcheck shell=sh
# How a host answers: one line a question, `hawser-fact KEY ANSWER [WORDS]`, both base64: what standard output said,
# with the exit status as its last line, and what standard error said.
section() {
  printf '\nhawser-fact %s ' "$1"
  shift
  { words=$({ { "$@" </dev/null; printf '\n%s' "$?"; } | base64 -w0 >&3; } 2>&1); } 3>&1
  [ -z "$words" ] || { printf ' '; printf %s "$words" | tail -c 2000 | base64 -w0; }
  printf '\n'
}

# also COMMAND...: a stage of a pipeline in which all stages work at the same time, and answer one after the other. It
# spares the host temporary files.
also() {
  mine=$("$@" </dev/null)
  cat
  printf '%s\n' "$mine"
}
