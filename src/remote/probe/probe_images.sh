# shellcheck shell=sh disable=SC2034 # the arguments are read in the files before this one
# What is asked of a host that is brought images: not what else runs on it, nor the versions of programs that would have
# to be read from its disk for that.
set +e
cri_socket=$1 etcd_data=$2 roles=worker vip=''
host </dev/null |
  also section images images |
  also section sandbox sandbox
section end true
