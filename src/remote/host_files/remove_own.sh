# remove_own.sh PATH SUM: a file of hawser's own, as long as it is as the plan saw it
[ -e "$1" ] || [ -L "$1" ] || exit 0
# Anything else, such as a pipe, would be waited for.
[ -f "$1" ] || moved "$1 is there, and is no file"
found=$(sha256sum <"$1")
[ "${found%% *}" = "$2" ] || moved "$1 is not as the plan saw it"
rm -f -- "$1"
