# shellcheck shell=sh
# Which image a manifest is of, read from the manifest itself, whose digest containerd has computed.   (after
# image_listing.sh, content_store.sh)

# digests config|manifests: of a manifest's configuration, or of a list's manifests; JSON on standard input. What Go,
# which knows keys in any case and takes the last of two, might read in another way is refused.
digests() {
  awk -v wanted="$1" '
    function refuse() { refused = 1; exit 1 }
    function place() {
      if (depth == 1) return "top"
      if (depth == 2 && key[1] == "config" && kind[2] == "{") return "config"
      if (depth == 3 && key[1] == "manifests" && kind[2] kind[3] == "[{") return "manifests"
      return ""
    }
    function name(token) {
      token = tolower(substr(token, 2, length(token) - 2))
      key[depth] = token
      if (place() == "") return
      if (token ~ /[\\]/ || token ~ /[^ -~]/) refuse()
      if (place() == "top" && (token == "config" || token == "manifests") && seen[token]++) refuse()
    }
    function value(token) {
      if (place() != wanted || key[depth] != "digest") return
      if (length(token) != 73 || token !~ /^"sha256:[0-9a-f]+"$/) refuse()
      found = found substr(token, 2, 71) "\n"
    }
    function take(token) {
      if (token == "{" || token == "[") {
        kind[++depth] = token
        is_name = (token == "{")
      } else if (token == "}" || token == "]") depth--
      else if (token == ",") is_name = (kind[depth] == "{")
      else if (token == ":") is_name = 0
      else if (is_name) name(token)
      else value(token)
    }
    { text = text $0 "\n" }
    length(text) > 262144 { refuse() }
    END {
      if (refused) exit 1
      while (match(text, /^[ \t\r\n]*("([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r\n]+)/)) {
        token = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        sub(/^[ \t\r\n]+/, "", token)
        take(token)
      }
      if (refused || seen["config"] + seen["manifests"] != 1) exit 1
      printf "%s", found
    }'
}

# is_of ID DIGEST TYPE: whether what a name leads to is the image of this id
is_of() {
  [ $# = 3 ] || return 1
  case $3 in
    application/vnd.oci.image.manifest.v1+json | application/vnd.docker.distribution.manifest.v2+json)
      [ "$(blob "$2" | digests config)" = "$1" ] ;;
    application/vnd.oci.image.index.v1+json | application/vnd.docker.distribution.manifest.list.v2+json)
      all_are_of "$1" "$2" ;;
    *) return 1 ;;
  esac
}

# all_are_of ID DIGEST: of a list, each manifest that is there: which of them is run is containerd's to choose
all_are_of() {
  found=
  for manifest in $(blob "$2" | digests manifests); do
    # Not from its file, which may be there for another of containerd's namespaces.
    if content=$(containerd content get "$manifest" 2>/dev/null); then
      [ "$(printf '%s\n' "$content" | digests config)" = "$1" ] || return 1
      found=1
    else
      # That it is not there is read from the list: a question that failed has told nothing.
      listed=$(containerd content ls -q) || return 1
      ! printf '%s\n' "$listed" | grep -qxF -e "$manifest" || return 1
    fi
  done
  [ -n "$found" ]
}
