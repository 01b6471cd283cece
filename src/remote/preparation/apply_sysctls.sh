# apply_sysctls.sh FILE: of this one file, and of no other
sysctl -q -p "$1" 2>&1
