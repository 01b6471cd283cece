# needs: image_listing content_store pass
# args: cri_socket address port from limit names…
# An export that failed ends early, which the other end takes for no archive. What tar could not read is missing in what
# it sends: its status says so, and containerd at the other end, which computes every digest, finds it when it unpacks.
# shellcheck disable=SC2154 # set in pass.sh

# manifests NAME…: rows of NAME TYPE DIGEST SIZE. Not of lists of manifests, of which only some may be here.
manifests() {
  list_of "$@" || return 1
  for name; do
    find_target "$name"
    digest=${target%% *} kind=${target#* }
    case $name in *[!A-Za-z0-9._/:@+-]*) return 1 ;; esac
    case $kind in
      application/vnd.oci.image.manifest.v1+json | application/vnd.docker.distribution.manifest.v2+json) ;;
      *) return 1 ;;
    esac
    size=$(wc -c <"$store/sha256/${digest#sha256:}") || return 1
    printf '%s %s %s %d\n' "$name" "$kind" "$digest" "$size"
  done
}

# blobs: the files in which containerd keeps what the manifests are of. One that is not there ends it: of an image that
# was pulled containerd may keep no layers but unpacked ones, and ctr says so.
blobs() {
  while read -r _ _ digest _; do
    printf '%s\n' "$digest"
    grep -o '"digest" *: *"sha256:[0-9a-f]\{64\}"' "$store/sha256/${digest#sha256:}" || :
  done <"$own/manifests" | grep -o '[0-9a-f]\{64\}' | sort -u | while read -r hash; do
    [ -f "$store/sha256/$hash" ] || exit 1
    printf 'blobs/sha256/%s\n' "$hash"
  done
}

index() {
  awk 'BEGIN { printf "{\"schemaVersion\":2,\"manifests\":[" }
    { printf "%s{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%s,", (NR > 1 ? "," : ""), $2, $3, $4
      printf "\"annotations\":{\"io.containerd.image.name\":\"%s\"}}", $1 }
    END { print "]}" }' "$own/manifests"
}

# export_layout NAME…: an OCI layout. Files are read where they lie: what ctr exports goes through containerd and ctr,
# byte for byte, which takes some times as long.
export_layout() {
  if manifests "$@" >"$own/manifests" 2>/dev/null && blobs >"$own/files"; then
    ln -s "$store" "$own/blobs"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$own/oci-layout"
    index >"$own/index.json"
    # What ctr leaves unread at the end of an archive has to fit into its pipe (64 KiB), or who writes to it fails.
    # shellcheck disable=SC2046 # one word a line
    tar -C "$own" -b 64 -cf - oci-layout $(cat "$own/files") index.json
  else
    ctr -a "$socket" -n k8s.io images export - "$@"
  fi
}

socat -u -d -d -b 131072 -T 300 STDIN "OPENSSL:$address:$port,bind=$from,connect-timeout=5,$with" \
  <"$own/stream" 2>>"$own/log" &
talk=$!
watch "$limit" 5 </dev/null >/dev/null 2>&1 &
watching=$!
status=0
export_layout "$@" >"$own/stream" || status=$?
wait "$talk" || status=$?
complaints
exit "$status"
