# needs: place package_default blocks
# args: asked_path begin end
# (stdin: the size in bytes on a line, then the block, from the line BEGIN to the line END) Into what is there now:
# lines that came after the plan stay.
path=$(place_of "$asked_path")
read_block
trap 'rm -f -- ${new:+"$new"}' EXIT
seen=$(sum_at "$path")
owner=root:root mode=0644
if [ "$seen" = absent ]; then
  stage "$path" "$owner"
  printf '%s' "$block" >"$new"
else
  owner=$(stat -c %u:%g -- "$path") mode=$(stat -c %04a -- "$path")
  stage "$path" "$owner"
  with_block "$path" "$begin" "$end" "$block" >"$new"
fi
# Somebody who wrote to it within this moment would lose it.
as_seen "$path" "$seen"
put_in_place "$path" "$owner" "$mode"
trap - EXIT
