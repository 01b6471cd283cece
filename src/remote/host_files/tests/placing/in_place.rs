//! What cannot be replaced by a new file is written where it is, or stays.

use super::*;

#[test]
fn of_a_file_that_arrives_cut_short_nothing_is_placed() {
    let folder = Folder::with_file();
    let file = folder.rendered("file", NEW);
    let command = replace_file(&put(&file, as_it_was()));
    let wire = command.wire(&Values::default()).unwrap();
    let (_, cut) = wire.input().split_last().unwrap();

    let output = fed(&wire, cut, &[]);

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(reply(&output).contains("only 3 of 4 bytes arrived"), "{output:?}");
    assert_eq!(folder.read("file"), OLD);
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn what_arrives_is_private_and_written_in_place_where_attributes_cannot_be_copied() {
    let staged = |before: &str| {
        let folder = Folder::with_file();
        let script = concat!(
            include_str!("../../../shell/place.sh"),
            "stage \"$1/file\" \"$(id -u):$(id -g)\"\n",
            "echo \"$(stat -c %a -- \"$new\") $in_place\"\n"
        );
        let output = Command::new("sh")
            .args(["-c", &format!("set -eu\n{before}\n{script}"), "hawser"])
            .arg(folder.0.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    assert_eq!(staged(""), "600 \n");
    assert_eq!(staged("cp() { return 1; }"), "600 yes\n");
}

#[test]
fn attributes_and_acls_are_kept() {
    let wanted = [
        ("user.hawser", b"kept".to_vec()),
        ("system.posix_acl_access", acl()),
    ];
    for (name, value) in wanted {
        let folder = Folder::with_file();
        let path = folder.path("file");
        let is_set = setxattr(&path, name, &value, XattrFlags::empty()).is_ok();
        if !can(&format!("no {name} on this file system"), is_set) {
            continue;
        }

        let output = folder.replace("file", as_it_was());

        assert!(output.status.success(), "{output:?}");
        assert_eq!(folder.read("file"), NEW.as_bytes());
        let mut found = vec![0; 256];
        let length = getxattr(&path, name, &mut found).unwrap();
        assert_eq!(&found[..length], value, "{name}");
    }
}

#[test]
fn what_is_mounted_there_is_written_in_place() {
    if !can("no mount namespaces here", has_namespaces()) {
        return;
    }
    let folder = Folder::with_file();
    std::fs::create_dir(folder.path("elsewhere")).unwrap();
    folder.put("elsewhere/real", OLD);
    let file = folder.rendered("file", NEW);
    let mounts = "mount --bind \"$1\" \"$2\" && shift 2 && \"$@\"";
    let (real, point) = (folder.path("elsewhere/real"), folder.path("file"));
    let (real, point) = (real.to_str().unwrap(), point.to_str().unwrap());

    let output = run(
        &replace_file(&put(&file, as_it_was())),
        &["unshare", "-m", "sh", "-c", mounts, "sh", real, point],
    );

    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read("elsewhere/real"), NEW.as_bytes());
    assert_eq!(folder.read("file"), OLD, "what lies below the mount");
    assert_eq!(folder.names(), ["elsewhere", "file"]);
}

#[test]
fn what_is_mounted_behind_a_linked_folder_is_written_in_place() {
    if !can("no mount namespaces here", has_namespaces()) {
        return;
    }
    let folder = Folder::with_file();
    for name in ["elsewhere", "real"] {
        std::fs::create_dir(folder.path(name)).unwrap();
        folder.put(&format!("{name}/file"), OLD);
    }
    std::os::unix::fs::symlink("real", folder.path("linked")).unwrap();
    let file = folder.rendered("linked/file", NEW);
    let mounts = "mount --bind \"$1\" \"$2\" && shift 2 && \"$@\"";
    let (mounted, point) = (folder.path("elsewhere/file"), folder.path("real/file"));
    let (mounted, point) = (mounted.to_str().unwrap(), point.to_str().unwrap());

    let output = run(
        &replace_file(&put(&file, as_it_was())),
        &["unshare", "-m", "sh", "-c", mounts, "sh", mounted, point],
    );

    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read("elsewhere/file"), NEW.as_bytes());
    assert_eq!(folder.read("real/file"), OLD, "what lies below the mount");
}

#[test]
fn what_cannot_be_written_in_place_holds_what_it_held() {
    let folder = Folder::with_file();
    std::fs::hard_link(folder.path("file"), folder.path("other")).unwrap();
    folder.put("new", NEW.as_bytes());
    let script = concat!(
        "set -eu\n",
        include_str!("../../../shell/place.sh"),
        "sync() { case $2 in */file) return 1 ;; esac; }\n",
        "new=$1/new in_place=yes\nput_in_place \"$1/file\" \"$(id -u):$(id -g)\" 0644\n"
    );

    let output = Command::new("sh")
        .args(["-c", script, "hawser"])
        .arg(folder.0.path())
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(reply(&output).ends_with("could not be written, and holds what it held"));
    assert_eq!(folder.read("file"), OLD);
    assert_eq!(folder.names(), ["file", "new", "other"]);
}
