//! Whether an image is there.

use crate::remote::images::commands::has_image;

use super::machine::{LIST, MANIFEST, Machine, NAME, SOCKET, digest, image, manifest_of, row};

#[test]
fn an_image_is_there_where_name_and_id_lead_to_the_same_manifest() {
    let id = image().id;
    let machine =
        Machine::with(&[row(NAME, MANIFEST, "m1"), row(&id, MANIFEST, "m1")]).holds("m1", &manifest_of(&id));

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

    let question = has_image(SOCKET, &image());

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
        let (status, _) = machine.runs(&has_image(SOCKET, &image()));
        assert_eq!(status, Some(1), "{manifest}");
    }
    let legitimate = format!(
        "{{\n \"annotations\": {{\"by\": \"a \\u003cb@c\\u003e\\\\\", \"config\": \"{{}}\"}},\n \
         \"config\":\t{{\"annotations\": {{\"digest\": \"{other}\"}}, \"digest\": \"{id}\"}}\n}}"
    );
    let machine = Machine::with(&rows).holds("m1", &legitimate);
    let (status, reply) = machine.runs(&has_image(SOCKET, &image()));
    assert_eq!(status, Some(0), "{reply}");
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
    let question = has_image(SOCKET, &image());

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
