# shellcheck shell=sh
# Whether etcd can do without a member.   (after etcd_members.sh)

# etcd_state LINE URL: the member's id, and `well`, `down` (its host refuses the connection) or `unknown`; with tabs
# between.
etcd_state() {
  etcd_told=$(etcd_health "$1" "$2")
  etcd_is=unknown
  case $etcd_told in *"refused $2"*) etcd_is=down ;; esac
  etcd_says=$(printf '%s\n' "$etcd_told" | grep -vxF -e "refused $2" | json_lines | awk -F '\t' '$1 == "0.health" { print $2 }')
  [ "$etcd_says" != true ] || etcd_is=well
  printf '%s\t%s\n' "${1%%	*}" "$etcd_is"
}

# etcd_without ID: whether a member of $members does not run, and the others hold the quorum without it; $why says the
# numbers. A learner has no vote, so that it may run. A member of which nothing is known is neither counted nor removed.
etcd_without() {
  why=$(
    {
      printf '%s\n' "$members" | sed 's/^/member	/'
      etcd_each etcd_state | sed 's/^/state	/'
    } | awk -F '\t' -v id="$1" '
      $1 == "member" && $3 == "voter" { votes[$2] = 1; voters++ }
      $1 == "member" && $4 == "unstarted" { down[$2] = 1 }
      $1 == "state" && $3 == "well" { well[$2] = 1 }
      $1 == "state" && $3 == "down" { down[$2] = 1 }
      $1 == "state" && $3 == "unknown" { unknown[$2] = 1 }
      END {
        for (other in votes) if (other != id && other in well) others++
        quorum = int(voters / 2) + 1
        if (id in votes && id in well) print "no member " id " is healthy"
        else if (id in votes && (id in unknown || !(id in down))) print "no whether member " id " runs is unknown"
        else print (others >= quorum ? "yes" : "no") " without it " others + 0 " of " voters " members with a vote are healthy, the quorum is " quorum
      }'
  )
  etcd_verdict=${why%% *}
  why=${why#* }
  [ "$etcd_verdict" = yes ]
}

etcd_lists() { printf '%s\n' "$members" | cut -f 1 | grep -qxF -e "$1"; }
