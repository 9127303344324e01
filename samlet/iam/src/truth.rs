//! What conditions come to, when not everything that they ask for is known.

/// In the order in which the least of several is what they come to together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    False,
    /// It can't be said which of the two: an Allow takes it for false, a Deny for true.
    Unknown,
    True,
}

impl Truth {
    /// All of them hold; so do none.
    pub(crate) fn all(each: impl Iterator<Item = Self>) -> Self {
        each.min().unwrap_or(Self::True)
    }

    /// One of them holds; of none, none does.
    pub(crate) fn any(each: impl Iterator<Item = Self>) -> Self {
        each.max().unwrap_or(Self::False)
    }

    /// What all of them are; unknown if they differ.
    pub(crate) fn common(mut each: impl Iterator<Item = Self>) -> Self {
        let first = each.next().unwrap_or(Self::Unknown);
        each.fold(
            first,
            |common, one| {
                if one == common { one } else { Self::Unknown }
            },
        )
    }

    /// The opposite, if it is to be.
    pub(crate) fn negated(self, is_negated: bool) -> Self {
        match self {
            Self::False if is_negated => Self::True,
            Self::True if is_negated => Self::False,
            same => same,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}
