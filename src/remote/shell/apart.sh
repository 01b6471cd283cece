# shellcheck shell=sh
# apart COMMAND…: runs it. What it prints is then in $answer, what it says on standard error in $words, and its status
# is returned. Words are for people: no answer is read from them. The host is spared temporary files, and a shell that
# looks for a pattern in a long text: what is looked for stands at its end.
apart() {
  apart_both=$(
    { apart_words=$({ apart_run "$@" | base64 -w0 >&3; } 2>&1); } 3>&1
    printf ' %s' "$(printf %s "$apart_words" | tail -c 4000 | base64 -w0)"
  )
  apart_ifs=$IFS
  IFS=' '
  # shellcheck disable=SC2086 # two words of base64
  set -- $apart_both
  IFS=$apart_ifs
  answer=$(printf %s "$1" | base64 -d)
  words=$(printf %s "${2-}" | base64 -d)
  apart_status=${answer##*"$apart_newline"}
  answer=$(printf %s "${answer%"$apart_newline"*}")
  return "$apart_status"
}
apart_run() {
  if "$@" </dev/null; then printf '\n0'; else printf '\n%s' "$?"; fi
}
apart_newline='
'

# last_words: the reason that a person is told, from $words.
last_words() { printf '%s\n' "$words" | grep -v '^$' | tail -n 1 | cut -c -300; }
