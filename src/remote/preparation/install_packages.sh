# needs: apt install
# args: packages…
# From what apt knows.
install_packages "$@"
