# needs: run_folder place package_default back_up put
# args: asked_path owner mode validator seen backup
# stdin: the size in bytes on a line; where `seen` is `sums`, a line with the SHA-256 that `asked_path` may have; then
# the content. `seen`: what is there as the plan saw it: `any`, `absent` or `sums`. `backup`: `yes` keeps what was there
# beside it. Atomic, and private from the first byte; a cut connection looks like an end of file, so the size is
# checked.
put_file
