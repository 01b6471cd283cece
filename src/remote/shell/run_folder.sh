# shellcheck shell=sh
# Where a run keeps what lives only as long as it does: on a tmpfs, which is empty after a reboot.
run_folder=/run/hawser
