# put_file.sh … SERVICE: the rest of it. In the same script as the file, so that a service which runs has read what lies
# there.
service=$7
systemctl daemon-reload
! systemctl is-active -q "$service" || systemctl restart "$service" 2>&1
