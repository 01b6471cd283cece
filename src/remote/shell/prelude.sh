[ "${HAWSER_BEGUN-}" = "$$" ] || echo "hawser-started $$" >&2
set -eu
umask 077
export LC_ALL=C PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
moved() { echo "changed since the plan: $1" >&2; exit 4; }
