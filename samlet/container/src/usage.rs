//! How much memory a container has, as its owner sees it.

/// The memory of a container, in MB, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What it has now.
    pub now_mb: u64,
    /// The most at any look. For a single process without a control group, also in between.
    pub peak_mb: u64,
    /// Whether it is over its limit, was killed for that, or has too many processes or files to look at.
    pub is_over: bool,
    /// Whether one of its processes has memory that samlet may not see.
    pub is_hidden: bool,
}
