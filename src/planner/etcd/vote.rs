//! Who votes among etcd's members.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vote {
    /// It answers with a quorum behind it.
    Voter,
    /// It may be a learner, which answers less.
    Learner,
}
