# shellcheck shell=sh
# A bare connection, by bash.   (after apart.sh)

# bare_bash SECONDS SCRIPT ARGUMENT…: bash with nobody's own files. Over ssh it reads root's .bashrc even for a script,
# which may say anything and take any time: what it says would be read as the answer, and its time be counted as the
# peer's.
bare_bash() {
  bash_limit=$1 bash_script=$2
  shift 2
  timeout "$bash_limit" env -u SSH_CLIENT -u SSH2_CLIENT -u BASH_ENV bash --norc --noprofile -c "$bash_script" bash "$@"
}

# dial SECONDS ADDRESS PORT: whether a connection is taken; if not, $words are the system's own. Only what is said after
# the mark is of the connection.
dial() {
  dial_status=0
  apart bare_bash "$1" 'echo hawser-dials >&2; exec 3<>"/dev/tcp/$1/$2"' "$2" "$3" || dial_status=$?
  case $words in
    *hawser-dials*) words=${words##*hawser-dials}; words=${words#"$apart_newline"} ;;
    *) words='bash has not come to connect'; return 1 ;;
  esac
  return "$dial_status"
}
