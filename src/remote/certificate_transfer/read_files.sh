# args: paths…
# Prints a line for each file: its path, a space, its content in base64. Nothing, where one is
# missing.
for path; do
  [ -s "$path" ] || { echo "$path is not there, or is empty" >&2; exit 1; }
done
for path; do
  printf '%s ' "$path"
  base64 -w0 -- "$path"
  echo
done
