# args: packages…
# Installed, those with a version in it and held.
for wanted; do
  name=${wanted%%=*}
  found=$(dpkg-query -W -f '${Version} ${db:Status-Want} ${db:Status-Status}' "$name" 2>/dev/null || :)
  case $found in *' installed') ;; *) echo "$name is not installed"; exit 1 ;; esac
  case $wanted in *=*) ;; *) continue ;; esac
  case ${found%% *} in
    "${wanted#*=}" | "${wanted#*=}"-*) ;;
    *) echo "$name is ${found%% *}, not ${wanted#*=}"; exit 1 ;;
  esac
  case $found in *' hold installed') ;; *) echo "$name is not held"; exit 1 ;; esac
done
