# shellcheck shell=sh
# apart COMMAND…: runs it. What it prints is then in $answer, what it says on standard error in $words, and its status is
# returned. Words are for people: no answer is read from them. The host is spared temporary files.
apart() {
  words=$({
    answer=$("$@" </dev/null) && apart_status=0 || apart_status=$?
    printf '\n%s %s' "$apart_status" "$(printf %s "$answer" | base64 -w0)"
  } 2>&1)
  apart_last=${words##*"$apart_newline"}
  words=${words%"$apart_newline"*}
  answer=$(printf %s "${apart_last#* }" | base64 -d)
  return "${apart_last%% *}"
}
apart_newline='
'

# last_words: the reason that a person is told, from $words.
last_words() { printf '%s\n' "$words" | grep -v '^$' | tail -n 1 | cut -c -300; }
