# outlive NAME COMMAND…: the command goes on when the connection does not. Its output goes to a file, since a program
# that writes to a connection that is gone is killed for it. It runs with the usual umask: kubeadm's certificates are
# for all to read, and it sees to its keys itself.
outlive() {
  install -d -m 700 "$run_folder"
  log=$run_folder/$1.log
  shift
  # Before anybody reads it: what the shell below opens for itself, it may open too late for `tail`.
  : >"$log"
  # shellcheck disable=SC2016 # the inner shell's own arguments
  setsid sh -c 'umask 022 && exec "$@"' sh "$@" >>"$log" 2>&1 </dev/null &
  outliving=$!
  tail -n +1 -s 0.1 -f --pid="$outliving" "$log" || :
  wait "$outliving"
}
