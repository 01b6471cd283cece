//! What is not this cluster's, or may not be, on a host that is to be reset.

use std::os::unix::fs::symlink;

use super::*;

const MOUNTS: &str = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";

#[test]
fn a_worker_whose_kubelet_has_a_certificate_is_not_reset() {
    let host = Host::new();
    fs::create_dir_all(host.path("/var/lib/kubelet/pki")).unwrap();
    let current = host.path("/var/lib/kubelet/pki/kubelet-client-current.pem");
    symlink("kubelet-client-2026.pem", current).unwrap();

    host.refuses(
        &of(Role::Worker),
        "the kubelet has an identity (/var/lib/kubelet/pki/kubelet-client-current.pem)",
    );
}

#[test]
fn somebody_elses_kubelet_is_not_reset() {
    let standalone = || {
        let host = Host::new();
        fs::remove_dir_all(host.path("/etc/kubernetes/pki")).unwrap();
        fs::remove_file(host.path("/etc/kubernetes/bootstrap-kubelet.conf")).unwrap();
        host.put("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
        host
    };
    for role in [Role::Worker, Role::ControlPlane] {
        let command = reset(&Expected {
            ca: None,
            ..expected(role)
        });

        let host = standalone();
        host.put("/proc/net/tcp6", socket(10250));
        host.refuses(&command, "listens on port 10250");

        let host = standalone();
        host.program("systemctl", "[ \"$*\" = '--quiet is-active kubelet' ]");
        host.refuses(&command, "a foreign kubelet runs");

        assert_eq!(standalone().run(&command).status, Some(0));
    }
}

#[test]
fn containers_on_a_worker_that_never_had_an_identity_are_not_ended() {
    let host = Host::new();
    host.put("/run/containerd/containerd.sock", "");
    let says = |tasks: &str| {
        host.put("/bin/tasks", tasks);
        host.program("ctr", "cat \"${0%/*}/tasks\"");
    };
    says("TASK    PID     STATUS    \nshop    4711    RUNNING\n");
    host.refuses(&of(Role::Worker), "a container runs (shop)");

    host.program("ctr", "echo 'connection refused' >&2; exit 1");
    host.refuses(
        &of(Role::Worker),
        "whether pods run is unknown: connection refused",
    );

    says("TASK    PID     STATUS    \nold    4711    STOPPED\n");
    assert_eq!(host.run(&of(Role::Worker)).status, Some(0));
}

#[test]
fn on_a_worker_no_static_pod_is_kubeadms() {
    let host = Host::new();
    host.put(
        "/etc/kubernetes/manifests/etcd.yaml",
        "    - --data-dir=/srv/shop\n",
    );
    host.refuses(&of(Role::Worker), "/etc/kubernetes/manifests/etcd.yaml is there");
    fs::remove_file(host.path("/etc/kubernetes/manifests/etcd.yaml")).unwrap();

    host.put("/proc/net/tcp", socket(2379));
    host.refuses(&of(Role::Worker), "something listens on etcd's port 2379");
}

#[test]
fn an_etcd_whose_data_directory_cannot_be_read_is_not_reset() {
    for manifest in [
        "    command: [etcd, --data-dir=/srv/shop]\n",
        "    - etcd\n    - --data-dir\n    - /srv/shop\n",
        "    - --data-dir=$(DATA)\n",
        "    - --data-dir=/srv/$(DATA)\n",
        "    - --data-dir=/srv/shop # old\n",
        "    - --data-dir=/var/lib/etcd\n    - --wal-dir=/srv/shop\n",
        "    - name: ETCD_DATA_DIR\n      value: /srv/shop\n",
        "    - etcd\n",
    ] {
        let host = Host::new();
        host.put("/etc/kubernetes/manifests/etcd.yaml", manifest);

        host.refuses(&of(Role::ControlPlane), "etcd.yaml names cannot be determined");
    }
}

#[test]
fn nothing_is_reset_where_a_program_fails_that_looks_for_data() {
    for program in ["sed", "tr"] {
        let host = Host::new();
        host.etcd("/srv/etcd");
        let directory = host.path("/srv/etcd").display().to_string();
        host.put(
            "/etc/kubernetes/manifests/etcd.yaml",
            format!("    - --data-dir={directory}\n"),
        );
        let command = reset(&Expected {
            ca: None,
            ..expected(Role::ControlPlane)
        });
        fs::remove_file(host.path("/etc/kubernetes/pki/ca.crt")).unwrap();
        host.program(program, "exit 127");

        host.refuses(&command, "cannot be determined");
    }
}

#[test]
fn one_directory_under_several_names_is_one() {
    let host = Host::new();
    host.etcd("/var/lib/etcd");
    symlink(host.path("/var/lib/etcd"), host.path("/var/lib/linked")).unwrap();
    let sum = sum();
    let linked = host.path("/var/lib/linked").display().to_string();
    host.put(
        "/etc/kubernetes/manifests/etcd.yaml",
        format!("    - --data-dir={linked}\n"),
    );
    let command = reset(&Expected {
        etcd_directory: "/var/lib/etcd/",
        data: Some(("/var/lib/etcd/", &sum)),
        ..expected(Role::ControlPlane)
    });

    let ran = host.run(&command);

    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(!host.has("/var/lib/etcd/member"));
}

#[test]
fn data_behind_a_link_that_leads_nowhere_now_is_data() {
    let host = Host::new();
    fs::create_dir_all(host.path("/var/lib/etcd")).unwrap();
    symlink(host.path("/mnt/member"), host.path("/var/lib/etcd/member")).unwrap();

    host.refuses(&of(Role::ControlPlane), "data of etcd is in /var/lib/etcd");
}

#[test]
fn a_static_pod_behind_a_link_that_leads_nowhere_now_is_one() {
    let host = Host::new();
    fs::create_dir_all(host.path("/etc/kubernetes/manifests")).unwrap();
    let link = "/etc/kubernetes/manifests/shop.yaml";
    symlink(host.path("/mnt/shop.yaml"), host.path(link)).unwrap();

    host.refuses(&of(Role::ControlPlane), &format!("{link} is there"));
}

#[test]
fn a_key_of_a_ca_that_the_plan_did_not_see_stays() {
    let host = Host::new();
    host.put("/etc/kubernetes/pki/ca.key", "key\n");
    host.refuses(&of(Role::ControlPlane), "a key of a CA is there");

    let seen = Expected {
        has_ca_key: true,
        ..expected(Role::ControlPlane)
    };
    assert_eq!(host.run(&reset(&seen)).status, Some(0));
}

#[test]
fn an_api_server_whose_etcd_is_elsewhere_is_not_reset_though_it_is_not_ready() {
    let host = Host::new();
    host.put("/proc/net/tcp", socket(6443));
    let says =
        "Error from server (InternalError): an error on the server has prevented the request from succeeding";
    host.program("kubectl", &format!("echo '{says}' >&2; exit 1"));

    let elsewhere = Expected {
        has_etcd_elsewhere: true,
        ..expected(Role::ControlPlane)
    };
    host.refuses(
        &reset(&elsewhere),
        "something listens on port 6443, and etcd is elsewhere",
    );
    assert_eq!(host.run(&of(Role::ControlPlane)).status, Some(0));
}

#[test]
fn folders_that_are_mounts_or_links_are_not_emptied() {
    for folder in ["/etc/kubernetes/pki", "/etc/kubernetes/manifests"] {
        let host = Host::new();
        let line = |place: &str| format!("2 1 8:2 / {} rw - ext4 /dev/sdb rw\n", host.path(place).display());
        host.put("/proc/self/mountinfo", [MOUNTS, &line(folder)].concat());
        host.refuses(&of(Role::Worker), &format!("something is mounted at {folder}"));
    }
    let host = Host::new();
    fs::rename(host.path("/etc/kubernetes/pki"), host.path("/etc/shared")).unwrap();
    symlink(host.path("/etc/shared"), host.path("/etc/kubernetes/pki")).unwrap();
    host.refuses(&of(Role::Worker), "/etc/kubernetes/pki is a link");
    assert!(host.has("/etc/shared/ca.crt"));

    let host = Host::new();
    fs::remove_file(host.path("/proc/self/mountinfo")).unwrap();
    host.refuses(&of(Role::Worker), "what is mounted cannot be determined");
}

#[test]
fn a_kubeadm_of_any_name_that_has_the_hosts_files_is_at_work_on_it() {
    let works = |comm: &str, command: &str, root: &str| {
        let host = Host::new();
        host.put("/proc/self/ns/none", "");
        symlink("pid:[1]", host.path("/proc/self/ns/pid")).unwrap();
        host.put("/proc/4711/comm", format!("{comm}\n"));
        host.put("/proc/4711/cmdline", format!("{comm}\0{command}\0"));
        host.put("/proc/4711/ns/none", "");
        symlink("pid:[2]", host.path("/proc/4711/ns/pid")).unwrap();
        symlink(root, host.path("/proc/4711/root")).unwrap();
        let ran = host.run(&of(Role::Worker));
        assert_eq!(
            ran.words.contains("a kubeadm is running"),
            ran.status == Some(4),
            "{ran:?}"
        );
        ran.status == Some(4)
    };

    assert!(
        works("kubeadm", "join", "/"),
        "it is in the host's files, wherever its processes are"
    );
    assert!(works("kubeadm-v1.34.2", "upgrade", "/"));
    assert!(works("kubeadm", "init", "/"));
    assert!(works("kubeadm", "reset", "/"));
    assert!(!works("kubeadm", "version", "/"));
    assert!(
        !works("kubeadm", "join", "/proc"),
        "another root is a container's"
    );
}

#[test]
fn the_probe_tells_of_an_identity_a_kubelet_and_a_directory_that_is_not_named() {
    let host = Host::new();
    let command = RemoteCommand::reads(
        "look at what kubeadm left",
        concat!(
            include_str!("../../shell/kubelet_identity.sh"),
            include_str!("../../shell/processes.sh"),
            include_str!("../../shell/run_folder.sh"),
            include_str!("../../shell/kubeadm_at_work.sh"),
            include_str!("../../shell/listens.sh"),
            include_str!("../../shell/etcd_data.sh"),
            include_str!("../../shell/probe_host.sh"),
            "set +e\netcd_data=/var/lib/etcd\nkubernetes >&2\n"
        ),
    );
    let reported = |host: &Host| host.run(&command).words;
    let lines = [
        "has /var/lib/kubelet/pki/kubelet-client-current.pem\n",
        "has kubelet-port\n",
        "etcd-data  unknown\n",
    ];
    assert!(lines.iter().all(|line| !reported(&host).contains(line)));

    host.put("/var/lib/kubelet/pki/kubelet-client-current.pem", "");
    host.put("/proc/net/tcp", socket(10250));
    host.put(
        "/etc/kubernetes/manifests/etcd.yaml",
        "command: [etcd, --data-dir=/srv/shop]\n",
    );

    let reported = reported(&host);
    for line in lines {
        assert!(reported.contains(line), "{line}: {reported}");
    }
    assert!(!reported.contains("end\n"), "{reported}");
}
