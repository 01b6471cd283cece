# needs: of_the_kernel
left=$(swap)
[ -z "$left" ] || { echo "swap is left: $(printf %s "$left" | tr '\n' ',')"; exit 1; }
