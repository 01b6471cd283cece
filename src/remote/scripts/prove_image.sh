# shellcheck shell=sh disable=SC2086,SC2154 # after has_image.sh, which sets id, and target: two words
is_of "$id" $target || { echo "what is there as $id is another image"; exit 1; }
