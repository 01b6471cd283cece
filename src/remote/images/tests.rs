//! The scripts against a containerd that says what a test wants.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::*;
use crate::archive::{self, sample};

const SOCKET: &str = "unix:///run/containerd/containerd.sock";
const NAME: &str = "k8s.gcr.io/pause:3.2";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.oci.image.index.v1+json";

/// An image of two names would be asked for like this one of one.
fn image() -> Image {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sample::docker(&[(NAME, "amd64", b"layer")]);
    let path = sample::write(folder.path(), "images.tar", &bytes);
    archive::open(&path).unwrap().images.remove(0)
}

/// The digest of a blob that is called so.
fn digest(name: &str) -> String {
    sample::digest(name.as_bytes())
}

/// A row of `ctr images ls`.
fn row(name: &str, kind: &str, blob: &str) -> String {
    format!("{name} {kind} {} 1 MiB linux/amd64 -\n", digest(blob))
}

/// A host whose containerd does as the files of a folder say.
struct Machine(TempDir);

impl Machine {
    /// It has these images.
    fn with(rows: &[String]) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.lists("rows", rows);
        machine.program(
            "ctr",
            r#"while [ "$1" != images ] && [ "$1" != content ]; do shift; done
            case "$1 $2" in
              'images ls') cat rows ;;
              'images export') echo "exported $4" ;;
              'images import') cat >/dev/null; [ ! -e brought ] || cp brought rows; [ ! -e broken ] ;;
              'images rm') echo "$3" >>removed; grep -vF "$3 " rows >left || :; mv left rows ;;
              'images label') echo "$3 $4" >>labelled ;;
              'content get') cat "$3" 2>/dev/null || { echo "content digest $3: not found" >&2; exit 1; } ;;
            esac"#,
        );
        machine.program(
            "socat",
            r#"case "$*" in
              *' STDIN '*) cat >given ;;
              *) echo 'now N listening on a port' >&2; echo archive ;;
            esac"#,
        );
        machine
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path(name);
        let script = format!("#!/bin/sh\ncd '{}'\n{script}\n", self.0.path().display());
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn lists(&self, file: &str, rows: &[String]) {
        let heading = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n".to_owned();
        std::fs::write(self.path(file), heading + &rows.concat()).unwrap();
    }

    /// What it lists when the next import has ended.
    fn gets(self, rows: &[String]) -> Self {
        self.lists("brought", rows);
        self
    }

    /// It holds a blob.
    fn holds(self, blob: &str, content: &str) -> Self {
        std::fs::write(self.path(&digest(blob)), content).unwrap();
        self
    }

    /// It keeps a blob in a file, as containerd does.
    fn keeps(self, blob: &str, content: &str) -> Self {
        let folder = self.path("containerd/io.containerd.content.v1.content/blobs/sha256");
        std::fs::create_dir_all(&folder).unwrap();
        let digest = digest(blob);
        std::fs::write(folder.join(digest.trim_start_matches("sha256:")), content).unwrap();
        self
    }

    /// A shell that runs what the host is sent, with the programs and folders of this one.
    fn shell(&self, command: &RemoteCommand) -> Command {
        let usual = "export LC_ALL=C PATH=\"";
        let folder = self.0.path().display();
        let line = command.line().replace(usual, &format!("{usual}{folder}:"));
        let line = line
            .replace("/run/hawser-pass", &format!("{folder}/hawser-pass"))
            .replace("/var/lib/containerd", &format!("{folder}/containerd"));
        let mut sh = Command::new("sh");
        sh.args(["-c", &line]).stdin(Stdio::null());
        sh
    }

    fn runs(&self, command: &RemoteCommand) -> (Option<i32>, String) {
        let output = self.shell(command).output().unwrap();
        self.has_no_key_left();
        told(&output)
    }

    fn has_no_key_left(&self) {
        let left = std::fs::read_dir(self.0.path()).unwrap();
        let left = left.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("hawser-pass")
        });
        assert_eq!(left.count(), 0, "the folder with the key stays");
    }

    fn removed(&self) -> String {
        self.written("removed")
    }

    /// What another program has written.
    fn written(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_default()
    }
}

fn told(output: &Output) -> (Option<i32>, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout.clone()).unwrap(),
    )
}

fn manifest_of(id: &str) -> String {
    format!(
        r#"{{"schemaVersion": 2, "config": {{"size": 1, "digest": "{id}"}}, "layers": [{{"digest": "{}"}}]}}"#,
        digest("layer")
    )
}

fn door() -> Door {
    Door {
        address: "192.0.2.21".parse().unwrap(),
        port: 7791,
        from: "192.0.2.22".parse().unwrap(),
        limit: Duration::from_secs(600),
    }
}

fn taking() -> RemoteCommand {
    receive_image(SOCKET, door(), &"w1".into(), &image())
}

fn giving() -> RemoteCommand {
    pass_on_image(SOCKET, door(), &image())
}

#[test]
fn an_image_is_there_where_name_and_id_lead_to_the_same_manifest() {
    let machine = Machine::with(&[row(NAME, MANIFEST, "m1"), row(&image().id, MANIFEST, "m1")]);

    assert_eq!(
        machine.runs(&has_image(SOCKET, &image())),
        (Some(0), String::new())
    );
}

#[test]
fn another_image_of_the_same_name_is_not_it() {
    let id = image().id;
    let machine = Machine::with(&[row(NAME, MANIFEST, "m2"), row(&id, MANIFEST, "m1")]);

    let expected = format!("k8s.gcr.io/pause:3.2 is another image, and is not there as {id}\n");
    assert_eq!(machine.runs(&has_image(SOCKET, &image())), (Some(1), expected));
}

#[test]
fn an_image_that_is_not_there_is_named() {
    let expected = format!("{} is not there\n", image().id);
    assert_eq!(
        Machine::with(&[]).runs(&has_image(SOCKET, &image())),
        (Some(1), expected)
    );
}

#[test]
fn an_id_that_an_archive_has_given_to_another_image_is_none() {
    let id = image().id;
    let rows = [row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    let real = Machine::with(&rows).holds("m1", &manifest_of(&id));
    let other = Machine::with(&rows).holds("m1", &manifest_of(&digest("another")));

    let question = has_very_image(SOCKET, &image());

    assert_eq!(real.runs(&question), (Some(0), String::new()));
    let expected = format!("what is there as {id} is another image\n");
    assert_eq!(other.runs(&question), (Some(1), expected));
}

/// Go takes the last of two keys, in whatever case, and any spelling of a letter.
#[test]
fn a_manifest_that_can_be_read_in_two_ways_is_not_believed() {
    let (id, other) = (image().id, digest("another"));
    let rows = [row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    for manifest in [
        format!(r#"{{"config":{{"digest":"{id}"}},"config":{{"digest":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}"}},"CONFIG":{{"digest":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}"}},"c\u006fnfig":{{"digest":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}","annotations":{{}},"Digest":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}","dige\u0073t":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}","digeſt":"{other}"}}}}"#),
        format!(r#"{{"config":{{"digest":"{id}"}},"manifests":[{{"digest":"{other}"}}]}}"#),
        format!(r#"{{"annotations":{{"config":{{"digest":"{id}"}}}},"config":{{"digest":"{other}"}}}}"#),
        format!(
            r#"{{"annotations":{{"a":"\"config\":{{\"digest\":\"{id}\"}}"}},"config":{{"digest":"{other}"}}}}"#
        ),
        format!(r#"[{{"config":{{"digest":"{id}"}}}}]"#),
        String::new(),
    ] {
        let machine = Machine::with(&rows).holds("m1", &manifest);
        let (status, _) = machine.runs(&has_very_image(SOCKET, &image()));
        assert_eq!(status, Some(1), "{manifest}");
    }
    let legitimate = format!(
        "{{\n \"annotations\": {{\"by\": \"a \\u003cb@c\\u003e\\\\\", \"config\": \"{{}}\"}},\n \
         \"config\":\t{{\"annotations\": {{\"digest\": \"{other}\"}}, \"digest\": \"{id}\"}}\n}}"
    );
    let machine = Machine::with(&rows).holds("m1", &legitimate);
    let (status, said) = machine.runs(&has_very_image(SOCKET, &image()));
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn each_manifest_of_a_list_that_is_there_has_to_be_of_the_image() {
    let id = image().id;
    let rows = [row(NAME, LIST, "list"), row(&id, LIST, "list")];
    let list = format!(
        r#"{{"manifests":[{{"digest":"{}"}},{{"digest":"{}","platform":{{"os":"linux"}}}}]}}"#,
        digest("m1"),
        digest("m2")
    );
    let machine = || Machine::with(&rows).holds("list", &list);
    let question = has_very_image(SOCKET, &image());

    let one = machine().holds("m1", &manifest_of(&id));
    let none = machine();
    let another_too = machine()
        .holds("m1", &manifest_of(&id))
        .holds("m2", &manifest_of(&digest("another")));
    let under_the_wrong_kind = Machine::with(&[row(NAME, MANIFEST, "list"), row(&id, MANIFEST, "list")])
        .holds("list", &list)
        .holds("m1", &manifest_of(&id));

    assert_eq!(one.runs(&question).0, Some(0));
    assert_eq!(none.runs(&question).0, Some(1));
    assert_eq!(another_too.runs(&question).0, Some(1));
    assert_eq!(under_the_wrong_kind.runs(&question).0, Some(1));
}

#[test]
fn an_image_that_comes_as_it_should_stays() {
    let id = image().id;
    let other = row("lab.local/net:1", MANIFEST, "net");
    let machine = Machine::with(std::slice::from_ref(&other))
        .gets(&[other, row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id));

    assert_eq!(machine.runs(&taking()), (Some(0), "waiting\n".to_owned()));
    assert_eq!(machine.removed(), "");
}

/// The question compares rows; the runtime names the image by its id when it has noticed it.
#[test]
fn an_image_need_not_be_known_by_its_id_when_it_has_come() {
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&image().id));

    assert_eq!(machine.runs(&taking()).0, Some(0));
}

#[test]
fn names_that_nobody_asked_for_are_taken_away_and_the_giver_is_named() {
    let id = image().id;
    let (old, new) = ("k8s.gcr.io/kube-proxy:v1", "k8s.gcr.io/kube-apiserver:v1");
    let machine = Machine::with(&[row(old, MANIFEST, "proxy")])
        .gets(&[
            row(old, MANIFEST, "evil"),
            row(NAME, MANIFEST, "m1"),
            row(new, MANIFEST, "evil"),
        ])
        .holds("m1", &manifest_of(&id));

    let (status, said) = machine.runs(&taking());

    let expected =
        format!("waiting\nw1 gave more than was asked for, which is taken away again: {old} {new} \n");
    assert_eq!((status, said), (Some(3), expected));
    assert_eq!(machine.removed(), format!("{old}\n{NAME}\n{new}\n"));
}

/// The connection is lost while something comes, and who looks at it has nobody to tell.
#[test]
fn what_came_is_taken_away_also_where_nobody_hears_of_it() {
    let machine = Machine::with(&[]).gets(&[row("evil:1", MANIFEST, "evil")]);
    machine.program(
        "socat",
        "echo 'now N listening on a port' >&2; until [ -e lost ]; do sleep 0.05; done; echo 'now E it says' >&2; echo archive",
    );
    let mut shell = machine.shell(&taking());
    let mut receiving = shell
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut heard = BufReader::new(receiving.stdout.take().unwrap());
    let mut first = String::new();
    heard.read_line(&mut first).unwrap();

    drop((heard, receiving.stderr.take()));
    std::fs::write(machine.path("lost"), "").unwrap();
    let status = receiving.wait().unwrap();

    assert_eq!((first.as_str(), status.code()), ("waiting\n", Some(3)));
    assert_eq!(machine.removed(), "evil:1\n");
    machine.has_no_key_left();
}

#[test]
fn what_names_were_taken_is_looked_at_also_where_the_import_failed() {
    let machine = Machine::with(&[]).gets(&[row("evil:1", MANIFEST, "evil")]);
    std::fs::write(machine.path("broken"), "").unwrap();

    assert_eq!(machine.runs(&taking()).0, Some(3));
    assert_eq!(machine.removed(), "evil:1\n");
}

#[test]
fn another_image_under_the_name_that_was_asked_for_is_taken_away() {
    let id = image().id;
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "evil"), row(&id, MANIFEST, "evil")])
        .holds("evil", &manifest_of(&digest("another")));

    let (status, said) = machine.runs(&taking());

    let expected = format!("waiting\nw1 gave another image as {NAME} than {id}: taken away again\n");
    assert_eq!((status, said), (Some(3), expected));
    assert_eq!(machine.removed(), format!("{NAME}\n{id}\n"));
}

#[test]
fn a_false_id_beside_the_right_image_is_seen() {
    let id = image().id;
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "evil")])
        .holds("m1", &manifest_of(&id))
        .holds("evil", &manifest_of(&digest("another")));

    assert_eq!(machine.runs(&taking()).0, Some(3));
}

/// A name may hold anything, a line of the list too.
#[test]
fn a_name_that_looks_like_two_rows_deceives_nobody() {
    let id = image().id;
    let spoof = format!("{NAME} {MANIFEST} {}\n", digest("m1"));
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "evil"), spoof])
        .holds("m1", &manifest_of(&id))
        .holds("evil", &manifest_of(&digest("another")));

    assert_eq!(machine.runs(&taking()).0, Some(3));
}

/// The runtime would not see that a name which it has marked as its own leads to another image now.
#[test]
fn a_name_that_was_there_is_noticed_anew_when_it_leads_to_another_image() {
    let id = image().id;
    let label = format!("{NAME} io.cri-containerd.image=\n");
    let handed = Machine::with(&[row(NAME, MANIFEST, "old")])
        .gets(&[row(NAME, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id));
    let imported = Machine::with(&[]);
    let fresh = Machine::with(&[]);

    assert_eq!(handed.runs(&taking()).0, Some(0));
    assert_eq!(imported.runs(&import_image(SOCKET, &image(), &[NAME])).0, Some(0));
    assert_eq!(fresh.runs(&import_image(SOCKET, &image(), &[])).0, Some(0));

    assert_eq!(handed.written("labelled"), label);
    assert_eq!(imported.written("labelled"), label);
    assert_eq!(fresh.written("labelled"), "");
}

#[test]
fn nothing_stays_of_what_could_not_be_imported() {
    let machine = Machine::with(&[]).gets(&[row(NAME, MANIFEST, "m1")]);
    std::fs::write(machine.path("broken"), "").unwrap();

    let (status, said) = machine.runs(&taking());

    assert_eq!(
        (status, said.as_str()),
        (Some(1), "waiting\nwhat came could not be imported\n")
    );
    assert_eq!(machine.removed(), format!("{NAME}\n"));
}

#[test]
fn what_is_given_is_read_where_containerd_keeps_it_and_the_index_comes_last() {
    let id = image().id;
    let manifest = manifest_of(&id).replace("}]}", "}], \"annotations\": {\"base.digest\": \"BASE\"}}");
    let manifest = manifest.replace("BASE", &digest("of another registry"));
    let machine = Machine::with(&[row(NAME, MANIFEST, "m1"), row("other:1", MANIFEST, "m2")])
        .keeps("m1", &manifest)
        .keeps("m2", "{}")
        .keeps("layer", "files");
    let hash = |digest: String| digest.trim_start_matches("sha256:").to_owned();
    let folder = machine.path("containerd/io.containerd.content.v1.content/blobs/sha256");
    std::fs::write(folder.join(hash(id.clone())), "configuration").unwrap();

    assert_eq!(machine.runs(&giving()), (Some(0), String::new()));

    let mut given = tar::Archive::new(std::fs::File::open(machine.path("given")).unwrap());
    let files: Vec<(String, String)> = given
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let content = std::io::read_to_string(&mut entry).unwrap();
            (path, content)
        })
        .collect();
    let mut blobs = [
        (hash(digest("m1")), manifest.as_str()),
        (hash(digest("layer")), "files"),
        (hash(id), "configuration"),
    ]
    .map(|(hash, content)| (format!("blobs/sha256/{hash}"), content.to_owned()));
    blobs.sort();
    assert_eq!(files[0].0, "oci-layout");
    assert_eq!(files[1..4], blobs);
    assert_eq!(files.len(), 5);
    assert_eq!(files[4].0, "index.json");
    let index: serde_json::Value = serde_json::from_str(&files[4].1).unwrap();
    let expected = serde_json::json!({"schemaVersion": 2, "manifests": [{
        "mediaType": MANIFEST,
        "digest": digest("m1"),
        "size": manifest.len(),
        "annotations": {"io.containerd.image.name": NAME},
    }]});
    assert_eq!(index, expected);
}

/// Of a list, as of an image that was pulled, only some manifests may be there; the files are kept elsewhere; or layers are
/// kept as what was unpacked of them.
#[test]
fn what_cannot_be_read_where_it_lies_is_exported() {
    let list = Machine::with(&[row(NAME, LIST, "list")]).keeps("list", "{}");
    let elsewhere = Machine::with(&[row(NAME, MANIFEST, "m1")]);
    let without_layer = Machine::with(&[row(NAME, MANIFEST, "m1")])
        .keeps("m1", &manifest_of(&digest("configuration")))
        .keeps("configuration", "{}");

    for machine in [list, elsewhere, without_layer] {
        assert_eq!(machine.runs(&giving()), (Some(0), String::new()));
        assert_eq!(machine.written("given"), format!("exported {NAME}\n"));
    }
}
