# args: path sum
# A file of hawser's own, as long as it is as the plan saw it
[ -e "$path" ] || [ -L "$path" ] || exit 0
# Anything else, such as a pipe, would be waited for.
[ -f "$path" ] || moved "$path is there, and is no file"
found=$(sha256sum <"$path")
[ "${found%% *}" = "$sum" ] || moved "$path differs from what the plan read"
rm -f -- "$path"
