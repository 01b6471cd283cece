# Removes what a run keeps on the host's tmpfs while it works.
rm -rf -- /run/hawser
