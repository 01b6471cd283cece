# needs: run_folder place package_default back_up put
# args: asked_path owner mode validator seen backup service
# Puts a file in place (put_file.sh), and has a service that runs read it: in one script, so that it has read what lies
# there.
put_file
systemctl daemon-reload
! systemctl is-active -q "$service" || systemctl restart "$service" 2>&1
