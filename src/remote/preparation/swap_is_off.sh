# swap_is_off.sh
left=$(swap)
[ -z "$left" ] || { echo "swap is left: $(printf %s "$left" | tr '\n' ',')"; exit 1; }
