# save_etcd_snapshot.sh CRI_SOCKET DATA FOLDER NEWCOMER: a snapshot of this host's member in FOLDER, for root alone; the five
# newest stay. etcdctl may be the one in etcd's container, which shares nothing with the host but the data directory.
# Behind the database stands its SHA-256: what is kept has come whole.
cri_socket=$1
etcd_limit=600
taken=$2/hawser-snapshot.db
folder=$3
kept=$folder/etcd-$(date -u +%Y%m%dT%H%M%SZ)-before-$4.db
trap 'rm -f -- "$taken" "$taken.part" "$kept.part"' EXIT
rm -f -- "$taken" "$taken.part"
said=$(etcd_ctl snapshot save "$taken" 2>&1) || { printf '%s\n' "$said" | tail -n 1 | cut -c -300 >&2; exit 1; }
size=$(stat -c %s -- "$taken")
sum=$(tail -c 32 -- "$taken" | od -An -v -tx1 | tr -d ' \n')
[ "$(head -c -32 -- "$taken" | sha256sum)" = "$sum  -" ] || { echo 'the snapshot is not whole: its sum differs' >&2; exit 1; }
install -d -m 700 -- "$folder"
mv -f -- "$taken" "$kept.part"
chown "$(id -u):$(id -g)" -- "$kept.part"
chmod 600 -- "$kept.part"
sync -- "$kept.part"
mv -f -- "$kept.part" "$kept"
echo "$kept, $size bytes"
find "$folder" -name 'etcd-*.db' | sort | head -n -5 | while read -r old; do rm -f -- "$old"; done
