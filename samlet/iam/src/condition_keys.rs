//! AWS's global condition keys, which requests to any service may have.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::HashSet;
use std::sync::LazyLock;

/// One a line; ` []` follows those that may have several values, `${…}` stands for any text.
pub const CONDITION_KEYS: &str = include_str!("condition_keys.txt");

/// Those whose values samlet never has, though requests on AWS may: tags of resources, and a header that only browsers
/// send. They end where any text may follow.
const NOT_KNOWN: [&str; 2] = ["aws:referer", "aws:resourcetag/"];

/// Whether a request doesn't have a global key that nothing was said of. `key` is in lower case.
pub(crate) fn is_absent(key: &str) -> bool {
    static KEYS: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let lines = CONDITION_KEYS.lines();
        lines.map(|line| common_part(line).to_lowercase()).collect()
    });
    let end = key.find('/').map_or(key.len(), |slash| slash + 1);
    let common = &key[..end];
    KEYS.contains(common) && !NOT_KNOWN.contains(&common)
}

/// What all keys of a line have in common.
fn common_part(line: &str) -> &str {
    let name = line.split(' ').next().unwrap_or_default();
    name.split("${").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_keys_are_absent_unless_samlet_cannot_know() {
        for (key, absent) in [
            ("aws:sourcevpc", true),
            ("aws:principalorgid", true),
            ("aws:principalorgpaths", true),
            ("aws:principaltag/team", true),
            ("aws:requesttag/a/b", true),
            ("ec2:sourceinstancearn", true),
            ("aws:resourcetag/team", false),
            ("aws:referer", false),
            ("aws:principaltag", false),
            ("aws:sourcevpc/x", false),
            ("aws:more", false),
            ("s3:prefix", false),
        ] {
            assert_eq!(is_absent(key), absent, "{key}");
        }
    }
}
