# needs: apart kubectl
# args: server
# Those of kube-system have their pod on every node that they want one on.
apart k --server "$server" -n kube-system get daemonsets -o 'jsonpath={range .items[*]}{.metadata.name} {.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled} {.status.numberAvailable}{"\n"}{end}' ||
  { last_words; exit 1; }
printf '%s\n' "$answer" | awk 'NF && ($3 < $2 || $5 + 0 < $4) { print "DaemonSet " $1 ": " $5 + 0 " of " $4 + 0 " available"; missing = 1 } END { exit missing }'
