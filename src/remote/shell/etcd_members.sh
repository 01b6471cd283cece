# shellcheck shell=sh
# Who etcd's members are and how each of them is, from etcdctl's JSON.   (after apart.sh, dial.sh, json.sh, etcdctl.sh)

# etcd_list: $members, a line each: its id in the hexadecimal that etcdctl takes, learner or voter, started or
# unstarted, where its peers and where clients reach it; with tabs between, and commas in the last two.
etcd_list() {
  apart etcd_ctl member list -w json || return
  members=$(printf '%s\n' "$answer" | etcd_listed) || { words='etcdctl has answered, and its list of members is not understood'; return 1; }
}

# As etcdctl lists them, or as a member tells its peers.
etcd_listed() {
  json_lines | awk -F '\t' '
    function hex(number,  digits, quotient, rest, place) {
      while (number != "") {
        quotient = ""
        rest = 0
        for (place = 1; place <= length(number); place++) {
          rest = rest * 10 + substr(number, place, 1)
          quotient = quotient int(rest / 16)
          rest %= 16
        }
        digits = substr("0123456789abcdef", rest + 1, 1) digits
        sub(/^0+/, "", quotient)
        number = quotient
      }
      return digits
    }
    function joined(urls, url) { return urls == "" ? url : urls "," url }
    {
      path = $1
      sub(/^members\./, "", path)
      if (path !~ /^[0-9]+\./) next
      split(path, part, ".")
      member = part[1]
      if (part[2] == "ID" || part[2] == "id") { id[member] = hex($2); count++; order[count] = member }
      else if (part[2] == "name") name[member] = $2
      else if (part[2] == "isLearner") learns[member] = $2
      else if (part[2] == "peerURLs" && part[3] != "") peers[member] = joined(peers[member], $2)
      else if (part[2] == "clientURLs" && part[3] != "") clients[member] = joined(clients[member], $2)
    }
    END {
      if (!count) exit 1
      for (place = 1; place <= count; place++) {
        member = order[place]
        printf "%s\t%s\t%s\t%s\t%s\n", id[member], learns[member] == "true" ? "learner" : "voter", \
          name[member] == "" ? "unstarted" : "started", peers[member], clients[member]
      }
    }'
}

# etcd_member URL: of $members the line of the one that its peers reach there.
etcd_member() {
  printf '%s\n' "$members" | awk -F '\t' -v url="$1" '{ count = split($4, urls, ","); for (i = 1; i <= count; i++) if (urls[i] == url) { print; exit } }'
}

# etcd_each COMMAND…: the command for every place where clients reach one of $members, all at the same time, with its
# line and the URL behind it. No answer of one is waited for longer than the others' take.
etcd_each() {
  printf '%s\n' "$members" | {
    while IFS= read -r etcd_line; do
      for etcd_url in $(printf '%s\n' "$etcd_line" | cut -f 5 | tr , ' '); do
        "$@" "$etcd_line" "$etcd_url" </dev/null &
      done
    done
    wait
  }
}

# etcd_ask URL WHAT: `endpoint WHAT` of one member, which has 5 s.
etcd_ask() {
  etcd_endpoint=$1 etcd_limit=5
  apart etcd_ctl endpoint "$2" -w json
}

# etcd_health LINE URL: whether a member answers a read that needs the quorum, as etcdctl writes it. Of one that did not
# answer in time this tells nothing, unless its host refuses the connection: then no member runs there.
etcd_health() {
  etcd_ask "$2" health && etcd_is_well=1 || etcd_is_well=
  [ -z "$answer" ] || printf '%s\n' "$answer"
  [ -n "$etcd_is_well" ] || ! etcd_refuses "$2" || printf 'refused %s\n' "$2"
}

etcd_refuses() {
  command -v bash >/dev/null || return
  etcd_at=${1#*://}
  ! dial 2 "$(printf %s "${etcd_at%:*}" | tr -d '[]')" "${etcd_at##*:}" || return
  # The system's own words for it: bash has no other answer.
  case $words in *'onnection refused'*) ;; *) return 1 ;; esac
}

# etcd_unwell LINE URL: what is wrong with a member that has a vote; nothing where it is well.
etcd_unwell() {
  case $1 in *"	learner	"*) return ;; esac
  etcd_told=$(etcd_health "$1" "$2")
  case $etcd_told in
    *"refused $2"*) echo "$2 refuses the connection" ;;
    '') echo "$2: unknown (no answer within 5 s)" ;;
    *) printf '%s\n' "$etcd_told" | json_lines | awk -F '\t' -v url="$2" '
        $1 == "0.health" { is_well = ($2 == "true") }
        $1 == "0.error" { why = $2 }
        END {
          if (is_well) exit
          if (why == "" || why ~ /deadline exceeded/) why = "unknown (no answer within 5 s)"
          print url ": " why
        }' ;;
  esac
}

# etcd_see_well: a member with a vote that is not well ends the script with the reason.
etcd_see_well() {
  etcd_all_unwell=$(etcd_each etcd_unwell)
  [ -z "$etcd_all_unwell" ] || { printf '%s\n' "$etcd_all_unwell" | tail -n 1 | cut -c -300; exit 1; }
}

# etcd_status LINE URL: where a member stands: its id, learner or voter, the leader that it follows (0 is none), where
# its log ends; with tabs between. A learner answers this too; of a member that does not answer there is no line.
etcd_status() {
  etcd_ask "$2" status || return 0
  printf '%s\n' "$answer" | json_lines | awk -F '\t' -v line="$1" '
    $1 == "0.Status.leader" { leader = $2 }
    $1 == "0.Status.raftIndex" { log_end = $2 }
    $1 == "0.Status.header.member_id" { answered = 1 }
    END { if (answered) { split(line, part, "\t"); print part[1] "\t" part[2] "\t" (leader == "" ? 0 : leader) "\t" (log_end == "" ? 0 : log_end) } }'
}
