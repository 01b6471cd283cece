# needs: processes run_folder answers kubelet_identity kubeadm_at_work etcd_data listens etcd_disk package_default probe_host runtime_images
# args: cri_socket etcd_data
# What is asked of a host that is brought images: not what else runs on it, nor the versions of programs that would have
# to be read from its disk for that.
set +e
roles=worker vip=''
host </dev/null |
  also section images images |
  also section sandbox sandbox
section end true
