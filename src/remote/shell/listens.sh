# shellcheck shell=sh
# listens PORT: whether any program of this host listens on a TCP port. 0A is a socket that does (proc(5)).
listens() { grep -qs ":$(printf %04X "$1") 0*:0000 0A " /proc/net/tcp /proc/net/tcp6; }
