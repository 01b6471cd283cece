# needs: of_the_kernel
# args: settings…
# The kernel separates words by tabs.
words() { tr -s '[:space:]' ' '; }
while [ $# -ge 2 ]; do
  path=$(sysctl_path "$1")
  [ -r "$path" ] || { echo "the kernel has no $1"; exit 1; }
  [ "$(words <"$path")" = "$(printf '%s\n' "$2" | words)" ] || { echo "$1 is $(cat "$path"), not $2"; exit 1; }
  shift 2
done
