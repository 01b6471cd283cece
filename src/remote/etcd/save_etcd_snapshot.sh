# needs: apart dial json etcdctl etcd_members
# args: cri_socket data_directory folder occasion
# Before `occasion` is done, a snapshot of this host's member in `folder`, for root alone; the five newest stay, none
# goes on the day it was made, and the oldest of a week stays: the first of an incident may be the last good one.
# etcdctl may be the one in etcd's container, which shares nothing with the host but the data directory. Behind the
# database stands its SHA-256: what is kept has come whole. A member whose disk is full ends, and a full root file
# system ends more than that: the snapshot is as large as the database, and this much stays free beside it.
reserve=$((256 * 1024 * 1024))
etcd_limit=600
taken=$data_directory/hawser-snapshot.db
kept=$folder/etcd-$(date -u +%Y%m%dT%H%M%SZ)-before-$occasion.db
size=$(stat -c %s -- "$data_directory/member/snap/db")

# has_room `folder`: it may not be there yet.
has_room() {
  at=$1
  while [ ! -e "$at" ]; do at=$(dirname -- "$at"); done
  free=$(($(df -Pk -- "$at" | awk 'NR == 2 { print $4 }') * 1024))
  [ "$free" -lt $((size + reserve)) ] || return 0
  echo "no room for a snapshot in $1: it takes $((size / 1048576)) MiB, $((reserve / 1048576)) MiB are to stay free beside it, and $((free / 1048576)) MiB are free" >&2
  return 1
}

has_room "$data_directory" && has_room "$folder" || exit 1
trap 'rm -f -- "$taken" "$taken.part" "$kept.part"' EXIT
rm -f -- "$taken" "$taken.part"
apart etcd_ctl snapshot save "$taken" || { last_words >&2; exit 1; }
size=$(stat -c %s -- "$taken")
sum=$(tail -c 32 -- "$taken" | od -An -v -tx1 | tr -d ' \n')
[ "$(head -c -32 -- "$taken" | sha256sum)" = "$sum  -" ] || { echo 'the snapshot is incomplete: its checksum differs' >&2; exit 1; }
install -d -m 700 -- "$folder"
mv -f -- "$taken" "$kept.part"
chown "$(id -u):$(id -g)" -- "$kept.part"
chmod 600 -- "$kept.part"
sync -- "$kept.part"
mv -f -- "$kept.part" "$kept"
echo "$kept, $size bytes"
first=$(find "$folder" -name 'etcd-*.db' -mtime -7 | sort | head -n 1)
find "$folder" -name 'etcd-*.db' | sort | head -n -5 | while read -r old; do
  [ "$old" = "$first" ] || [ -z "$(find "$old" -mtime +0)" ] || rm -f -- "$old"
done
