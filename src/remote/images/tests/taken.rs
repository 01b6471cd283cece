//! What a host is handed, and what of it stays.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::remote::images::commands::{has_image, import_image};

use super::machine::{MANIFEST, Machine, NAME, SOCKET, digest, image, manifest_of, row, taking};

#[test]
fn an_image_that_comes_as_it_should_stays() {
    let id = image().id;
    let other = row("lab.local/net:1", MANIFEST, "net");
    let machine = Machine::with(std::slice::from_ref(&other))
        .gets(&[other, row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id));

    assert_eq!(machine.runs(&taking()), (Some(0), "waiting\nthere\n".to_owned()));
    assert_eq!(machine.removed(), "");
}

#[test]
fn an_image_that_is_there_is_taken_from_nobody() {
    let id = image().id;
    let rows = [row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    let right = Machine::with(&rows).holds("m1", &manifest_of(&id));
    let of_another_id = Machine::with(&rows).holds("m1", &manifest_of(&digest("another")));
    let of_another_name = Machine::with(&[row(NAME, MANIFEST, "m2"), row(&id, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id))
        .holds("m2", &manifest_of(&id));

    assert_eq!(right.runs(&taking()), (Some(0), "there\n".to_owned()));
    for machine in [of_another_id, of_another_name] {
        let reply = machine.gets(&rows).runs(&taking()).1;
        assert!(reply.starts_with("waiting\n"), "{reply}");
    }
}

/// The runtime names the image by its id when it has noticed it. Where that takes long, the workstation asks.
#[test]
fn an_image_need_not_be_known_by_its_id_when_it_has_come() {
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&image().id));

    assert_eq!(machine.runs(&taking()), (Some(0), "waiting\n".to_owned()));
}

#[test]
fn what_leads_to_two_images_of_the_same_id_has_not_been_seen() {
    let id = image().id;
    let machine = Machine::with(&[])
        .gets(&[row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m2")])
        .holds("m1", &manifest_of(&id))
        .holds("m2", &manifest_of(&id));

    assert_eq!(machine.runs(&taking()), (Some(0), "waiting\n".to_owned()));
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

    let (status, reply) = machine.runs(&taking());

    let expected = format!("waiting\nw1 sent unexpected images; they are removed: {old} {new} \n");
    assert_eq!((status, reply), (Some(3), expected));
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

    let (status, reply) = machine.runs(&taking());

    let expected = format!("waiting\nw1 sent another image as {NAME} than {id}; it is removed\n");
    assert_eq!((status, reply), (Some(3), expected));
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

/// Nothing of that name is there, before or after: the giver has named its image like the row of one that is.
#[test]
fn a_name_that_looks_like_the_row_of_an_image_is_not_seen_as_it() {
    let id = image().id;
    let spoof = format!("{NAME} {MANIFEST} {}", digest("m1"));
    let rows = [row(&spoof, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    let before = Machine::with(&rows).holds("m1", &manifest_of(&id));
    let after = Machine::with(&[]).holds("m1", &manifest_of(&id)).gets(&rows);

    for machine in [before, after] {
        let reply = machine.runs(&taking()).1;
        assert!(!reply.lines().any(|line| line == "there"), "{reply}");
    }
}

/// ctr prints the type as it stands in the archive: before the digest that it leads to stands the one that it led to.
#[test]
fn a_type_that_looks_like_another_digest_hides_nothing() {
    let id = image().id;
    let old = "k8s.gcr.io/kube-proxy:v1";
    let spoofed = |name: &str, blob: &str| row(name, &format!("{MANIFEST} {}", digest(blob)), "evil");
    let another = Machine::with(&[row(old, MANIFEST, "proxy")])
        .gets(&[spoofed(old, "proxy"), row(NAME, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id));
    let asked = Machine::with(&[])
        .gets(&[spoofed(NAME, "m1"), spoofed(&id, "m1")])
        .holds("m1", &manifest_of(&id));
    let there = Machine::with(&[spoofed(NAME, "m1"), spoofed(&id, "m1")]).holds("m1", &manifest_of(&id));

    assert_eq!(another.runs(&taking()).0, Some(3));
    assert_eq!(another.removed(), format!("{old}\n{NAME}\n"));
    assert_eq!(asked.runs(&taking()).0, Some(3));
    assert_eq!(asked.removed(), format!("{NAME}\n{id}\n"));
    assert!(!there.runs(&taking()).1.starts_with("there"));
    assert_eq!(there.runs(&has_image(SOCKET, &image())).0, Some(1));
}

/// The runtime would not see that a name which it has marked as its own leads to another image now.
#[test]
fn a_name_that_was_there_is_noticed_anew_when_it_leads_to_another_image() {
    let id = image().id;
    let label = format!("{NAME} io.cri-containerd.image=\n");
    let handed = Machine::with(&[row(NAME, MANIFEST, "old")])
        .gets(&[row(NAME, MANIFEST, "m1")])
        .holds("m1", &manifest_of(&id));
    let known = [row(NAME, MANIFEST, "old"), row("other:1", MANIFEST, "old")];
    let imported = Machine::with(&known).gets(&[row(NAME, MANIFEST, "m1")]);
    let fresh = Machine::with(&known[1..]).gets(&[row(NAME, MANIFEST, "m1")]);

    assert_eq!(handed.runs(&taking()).0, Some(0));
    assert_eq!(imported.runs(&import_image(SOCKET, &image())).0, Some(0));
    assert_eq!(fresh.runs(&import_image(SOCKET, &image())).0, Some(0));

    assert_eq!(handed.written("labelled"), label);
    assert_eq!(imported.written("labelled"), label);
    assert_eq!(fresh.written("labelled"), "");
}

#[test]
fn what_is_sent_is_imported_unless_it_is_there_and_seen_afterwards() {
    let id = image().id;
    let rows = [row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    let there = Machine::with(&rows).holds("m1", &manifest_of(&id));
    let not_yet = Machine::with(&[]).gets(&rows).holds("m1", &manifest_of(&id));
    let another = Machine::with(&rows).holds("m1", &manifest_of(&digest("another")));
    let unnamed = Machine::with(&[]).gets(&rows[..1]).holds("m1", &manifest_of(&id));
    let import = import_image(SOCKET, &image());

    assert_eq!(there.runs(&import), (Some(0), "there\n".to_owned()));
    assert_eq!(not_yet.runs(&import), (Some(0), "waiting\nthere\n".to_owned()));
    assert_eq!(another.runs(&import), (Some(0), "waiting\n".to_owned()));
    assert_eq!(unnamed.runs(&import), (Some(0), "waiting\n".to_owned()));
}

/// As it is on hosts, where the manifest need not be asked of containerd; what is called by no digest is not read.
#[test]
fn a_manifest_is_read_where_containerd_keeps_it() {
    let id = image().id;
    let rows = [row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")];
    let machine = Machine::with(&[]).gets(&rows).keeps("m1", &manifest_of(&id));
    let astray = row(NAME, MANIFEST, "m1").replace(&digest("m1"), "sha256:../../../../forged");
    let led_astray = Machine::with(&[]).gets(&[astray]);
    std::fs::write(led_astray.path("forged"), manifest_of(&id)).unwrap();

    assert_eq!(machine.runs(&taking()), (Some(0), "waiting\nthere\n".to_owned()));
    assert_eq!(led_astray.runs(&taking()).0, Some(3));
}

#[test]
fn nothing_stays_of_what_could_not_be_imported() {
    let machine = Machine::with(&[]).gets(&[row(NAME, MANIFEST, "m1")]);
    std::fs::write(machine.path("broken"), "").unwrap();

    let (status, reply) = machine.runs(&taking());

    assert_eq!(
        (status, reply.as_str()),
        (Some(1), "waiting\nwhat came could not be imported\n")
    );
    assert_eq!(machine.removed(), format!("{NAME}\n"));
}
