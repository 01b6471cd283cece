//! Where in the inventory a value stands: a JSON pointer (RFC 6901), such as `/hosts/0/labels/example.org~1zone`.

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(String);

impl Place {
    /// The whole inventory.
    pub(super) fn root() -> Self {
        Self::default()
    }

    /// From a JSON pointer, as `jsonschema` gives them.
    pub(super) fn from_pointer(pointer: &str) -> Self {
        Self(pointer.to_owned())
    }

    /// As a JSON pointer.
    pub(super) fn pointer(&self) -> &str {
        &self.0
    }

    /// The place of a key of the table here.
    #[must_use]
    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!(
            "{}/{}",
            self.0,
            key.replace('~', "~0").replace('/', "~1")
        ))
    }

    /// The place of an item of the list here.
    #[must_use]
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The place of the table or list that holds this; `None` for the whole inventory.
    pub(super) fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Keys and indexes from the top.
    pub(super) fn steps(&self) -> Vec<String> {
        let unescape = |step: &str| step.replace("~1", "/").replace("~0", "~");
        self.0.split('/').skip(1).map(unescape).collect()
    }

    /// The last key on the way here, for messages: `roles` for `/hosts/0/roles/1`.
    pub(super) fn name(&self) -> String {
        let named = |step: &String| step.parse::<usize>().is_err();
        self.steps()
            .into_iter()
            .rev()
            .find(named)
            .unwrap_or_else(|| "inventory".to_owned())
    }

    /// The table here as the inventory writes it: `[ssh]`, `[[hosts]]`, `[hosts.ssh]`.
    pub(super) fn table(&self) -> String {
        let steps = self.steps();
        let is_index = |step: &String| step.parse::<usize>().is_ok();
        let name: Vec<&str> = steps
            .iter()
            .filter(|step| !is_index(step))
            .map(String::as_str)
            .collect();
        match steps.last() {
            None => "the top level".to_owned(),
            Some(last) if is_index(last) => format!("[[{}]]", name.join(".")),
            Some(_) => format!("[{}]", name.join(".")),
        }
    }

    pub(super) fn holds(&self, other: &Self) -> bool {
        other
            .0
            .strip_prefix(&self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_the_inventory_writes_it() {
        let label = Place::root()
            .key("hosts")
            .item(0)
            .key("labels")
            .key("example.org/zone");

        assert_eq!(label.pointer(), "/hosts/0/labels/example.org~1zone");
        assert_eq!(label.name(), "example.org/zone");
        assert_eq!(label.parent().unwrap().table(), "[hosts.labels]");
        assert_eq!(Place::root().key("hosts").item(0).table(), "[[hosts]]");
        assert_eq!(Place::root().table(), "the top level");
    }

    #[test]
    fn a_place_holds_itself_and_what_is_below_it() {
        let first = Place::root().key("hosts").item(1);

        assert!(first.holds(&first.key("name")));
        assert!(first.holds(&first));
        assert!(!first.holds(&Place::root().key("hosts").item(10)));
        assert!(Place::root().holds(&first));
    }
}
