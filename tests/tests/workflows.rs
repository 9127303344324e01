//! CI runs only what this repository names exactly: a tag of somebody else's action can be moved, a commit cannot.
//! <https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions>

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::repository;
use regex::Regex;

#[test]
fn actions_are_named_by_commit_and_version() {
    let reference = Regex::new(r"^\s*(?:- )?uses: *(.*)$").unwrap();
    let pinned = Regex::new(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").unwrap();
    let mut found = 0;
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(repository().join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (index, line) in text.lines().enumerate() {
            let Some(captures) = reference.captures(line) else {
                continue;
            };
            let action = &captures[1];
            if action.starts_with("./") {
                continue;
            }
            found += 1;
            if !pinned.is_match(action) {
                findings.push(format!(
                    "{}:{}: {action}: write OWNER/NAME@COMMIT # vX.Y.Z, with the commit of that version's tag",
                    path.display(),
                    index + 1,
                ));
            }
        }
    }
    assert!(found > 0, "no actions are found any more");
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
