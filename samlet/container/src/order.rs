//! Orders, which say how a container is made: written by samlet, carried out where nothing may be allocated.
//!
//! An order is a list of operations, each a kind, a flag, two numbers and bytes. Strings in the bytes end with NUL, so
//! that they can be handed to the kernel as they lie there.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::landlock::Masks;
use crate::step::Step;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Writes the bytes to the file that the string names.
    Write = 1,
    /// Has the kernel end this process with its parent.
    EndWithParent,
    /// Adopts the orphans among its descendants.
    AdoptOrphans,
    /// Makes an empty root, apart from the machine's; what follows is put into it.
    Root,
    /// Makes a folder.
    Folder,
    /// Makes a link: where, and to what.
    Link,
    /// Makes a file with the bytes after the string.
    File,
    /// Shows a folder (with the flag) or a file of the machine: what, and where.
    Bind,
    /// Covers a folder.
    Hide,
    /// Mounts the namespace's own `/proc`.
    Proc,
    /// Mounts `/tmp`; the string has its size and its number of files, as mount options.
    Tmp,
    /// Leaves the machine's root for the new one.
    Enter,
    /// Keeps the processes that this one will start out of its memory and descriptors.
    Close,
    /// Keeps this process, and what it starts, from signalling others: the number is Landlock's scope.
    Fence,

    /// Limits a resource.
    Limit,
    /// Runs in this folder.
    Work,
    /// Becomes this user and group; the flag is the capability to keep, or none.
    Ids,
    /// Begins a Landlock ruleset: the rights over files and over the network; the bytes are the scopes, and
    /// the rights that a file can have.
    Landlock,
    /// Allows these rights to what is beneath the path.
    Allow,
    /// Enforces the ruleset.
    Restrict,
    /// Installs a seccomp filter.
    Filter,
    /// An argument of the program; its name is the first.
    Argument,
    /// An environment variable of the program.
    Variable,
    /// Runs the program.
    Run,
    /// Ends with success instead of running a program: the order was a trial.
    Finish,
}

impl Kind {
    const ALL: [Self; 25] = [
        Self::Write,
        Self::EndWithParent,
        Self::AdoptOrphans,
        Self::Root,
        Self::Folder,
        Self::Link,
        Self::File,
        Self::Bind,
        Self::Hide,
        Self::Proc,
        Self::Tmp,
        Self::Enter,
        Self::Close,
        Self::Fence,
        Self::Limit,
        Self::Work,
        Self::Ids,
        Self::Landlock,
        Self::Allow,
        Self::Restrict,
        Self::Filter,
        Self::Argument,
        Self::Variable,
        Self::Run,
        Self::Finish,
    ];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte).checked_sub(1)?).copied()
    }

    /// What it does, in words that go before what it is done with.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Write => "writing to ",
            Self::EndWithParent | Self::AdoptOrphans | Self::Close | Self::Fence => {
                "setting up its first process"
            }
            Self::Root => "mounting an empty root",
            Self::Folder => "creating the folder ",
            Self::Link => "creating the link ",
            Self::File => "creating the file ",
            Self::Bind => "mounting ",
            Self::Hide => "covering ",
            Self::Proc => "mounting /proc",
            Self::Tmp => "mounting /tmp with ",
            Self::Enter => "entering its root",
            Self::Limit => "setting the limit ",
            Self::Work => "entering ",
            Self::Ids => "changing the user id to ",
            Self::Landlock | Self::Restrict => "confining it by Landlock",
            Self::Allow => "allowing ",
            Self::Filter => "filtering its system calls",
            Self::Argument | Self::Variable | Self::Run | Self::Finish => "running ",
        }
    }

    /// Whether it is for the program's process, and not for the container.
    pub(crate) fn is_of_program(self) -> bool {
        self as u8 >= Self::Limit as u8
    }
}

/// The flag of a `Bind` of a folder.
pub(crate) const IS_FOLDER: u8 = 1;

/// The flag of a `Bind` whose source may be missing.
pub(crate) const MAY_BE_MISSING: u8 = 2;

/// The head of an operation: kind, flag, padding, length of the bytes, two numbers.
const HEAD: usize = 24;

/// An order that is being written.
#[derive(Debug, Default)]
pub(crate) struct Order {
    bytes: Vec<u8>,
    /// What each operation is, in words, for when it fails.
    words: Vec<(Kind, String)>,
}

impl Order {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The operation of this number.
    pub(crate) fn operation(&self, number: usize) -> Option<&(Kind, String)> {
        self.words.get(number)
    }

    pub(crate) fn put(&mut self, kind: Kind) {
        self.add(kind, 0, [0, 0], &[], String::new());
    }

    pub(crate) fn numbers(&mut self, kind: Kind, flag: u8, numbers: [u64; 2]) {
        self.add(kind, flag, numbers, &[], numbers[0].to_string());
    }

    /// An operation with one string, such as a path.
    pub(crate) fn text(&mut self, kind: Kind, text: &OsStr) {
        self.add(kind, 0, [0, 0], &[text.as_bytes(), b"\0"], words(text));
    }

    /// An operation with bytes that are not a string.
    pub(crate) fn raw(&mut self, kind: Kind, bytes: &[u8]) {
        self.add(kind, 0, [0, 0], &[bytes], String::new());
    }

    /// Begins a Landlock ruleset.
    pub(crate) fn landlock(&mut self, masks: &Masks) {
        let bytes = [masks.scopes.to_ne_bytes(), masks.fs_file.to_ne_bytes()].concat();
        let numbers = [masks.fs_all, masks.net];
        self.add(Kind::Landlock, 0, numbers, &[&bytes], String::new());
    }

    /// Writes `text` to an existing file.
    pub(crate) fn write(&mut self, path: &Path, text: &[u8]) {
        let name = path.as_os_str();
        self.add(
            Kind::Write,
            0,
            [0, 0],
            &[name.as_bytes(), b"\0", text],
            words(name),
        );
    }

    /// Has Landlock allow this of what is beneath a path.
    pub(crate) fn allow(&mut self, path: &Path, rights: u64) {
        let name = path.as_os_str();
        self.add(
            Kind::Allow,
            0,
            [rights, 0],
            &[name.as_bytes(), b"\0"],
            words(name),
        );
    }

    /// Adds these steps; fails when one of their sources is missing.
    pub(crate) fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step, 0);
        }
    }

    /// Adds steps for an order that is used for long: sources that are missing by then are left out.
    pub(crate) fn lasting_steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step, MAY_BE_MISSING);
        }
    }

    fn step(&mut self, step: &Step, flag: u8) {
        let zero: &[u8] = b"\0";
        match step {
            Step::Folder { target } => self.text(Kind::Folder, target.as_os_str()),
            Step::Hide { target } => self.text(Kind::Hide, target.as_os_str()),
            Step::Link { target, to } => {
                let (from, to) = (target.as_os_str(), to.as_os_str());
                let parts = [from.as_bytes(), zero, to.as_bytes(), zero];
                self.add(Kind::Link, 0, [0, 0], &parts, words(from));
            }
            Step::File { target, text } => {
                let name = target.as_os_str();
                self.add(
                    Kind::File,
                    0,
                    [0, 0],
                    &[name.as_bytes(), zero, text],
                    words(name),
                );
            }
            Step::Bind {
                source,
                target,
                is_folder,
            } => {
                let (from, to) = (source.as_os_str(), target.as_os_str());
                let parts = [from.as_bytes(), zero, to.as_bytes(), zero];
                let said = format!("{} at {}", words(from), words(to));
                let flag = flag | if *is_folder { IS_FOLDER } else { 0 };
                self.add(Kind::Bind, flag, [0, 0], &parts, said);
            }
        }
    }

    fn add(&mut self, kind: Kind, flag: u8, numbers: [u64; 2], parts: &[&[u8]], words: String) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.bytes.extend([kind as u8, flag, 0, 0]);
        self.bytes
            .extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
        for number in numbers {
            self.bytes.extend(number.to_ne_bytes());
        }
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        let padded = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(padded, 0);
        self.words.push((kind, words));
    }
}

fn words(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// An operation as it is read: borrowed from the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    /// Its place in the order, from 0.
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) flag: u8,
    pub(crate) numbers: [u64; 2],
    bytes: &'a [u8],
}

impl<'a> Operation<'a> {
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The first string; an empty one if there is none.
    pub(crate) fn text(&self) -> &'a CStr {
        CStr::from_bytes_until_nul(self.bytes).unwrap_or_default()
    }

    /// What follows the first string.
    pub(crate) fn rest(&self) -> &'a [u8] {
        let length = self.text().count_bytes() + 1;
        self.bytes.get(length..).unwrap_or_default()
    }

    /// The second string.
    pub(crate) fn second(&self) -> &'a CStr {
        CStr::from_bytes_until_nul(self.rest()).unwrap_or_default()
    }
}

/// Reads an order, without allocating; ends at the first operation that is not valid.
#[derive(Clone, Debug)]
pub(crate) struct Operations<'a> {
    left: &'a [u8],
    number: u32,
}

impl<'a> Operations<'a> {
    pub(crate) fn of(order: &'a [u8]) -> Self {
        Self {
            left: order,
            number: 0,
        }
    }
}

impl<'a> Iterator for Operations<'a> {
    type Item = Operation<'a>;

    fn next(&mut self) -> Option<Operation<'a>> {
        let (head, rest) = self.left.split_at_checked(HEAD)?;
        let number = |at: usize| Some(u64::from_ne_bytes(head.get(at..at + 8)?.try_into().ok()?));
        let length = u32::from_ne_bytes(head.get(4..8)?.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        let bytes = rest.get(..length)?;
        let operation = Operation {
            number: self.number,
            kind: Kind::of(*head.first()?)?,
            flag: *head.get(1)?,
            numbers: [number(8)?, number(16)?],
            bytes,
        };
        self.left = rest.get(length.next_multiple_of(8)..).unwrap_or_default();
        self.number += 1;
        Some(operation)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn what_is_written_is_read_again() {
        let mut order = Order::default();
        order.put(Kind::Root);
        order.steps(&[
            Step::File {
                target: "/etc/passwd".into(),
                text: b"root".to_vec(),
            },
            Step::Bind {
                source: PathBuf::from(OsStr::from_bytes(b"/a\xff b")),
                target: "/var/task".into(),
                is_folder: true,
            },
        ]);
        order.allow(Path::new("/tmp"), 7);
        let read: Vec<_> = Operations::of(order.bytes()).collect();
        let kinds: Vec<_> = read.iter().map(|operation| operation.kind).collect();
        assert_eq!(kinds, [Kind::Root, Kind::File, Kind::Bind, Kind::Allow]);
        assert_eq!(read[1].text(), c"/etc/passwd");
        assert_eq!(read[1].rest(), b"root");
        assert_eq!(read[2].text().to_bytes(), b"/a\xff b");
        assert_eq!((read[2].second(), read[2].flag), (c"/var/task", 1));
        assert_eq!((read[3].text(), read[3].numbers), (c"/tmp", [7, 0]));
        assert_eq!(read[3].number, 3);
    }

    #[test]
    fn every_kind_is_known_by_its_number() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind as u8), Some(kind));
        }
        assert_eq!(Kind::of(0), None);
        assert_eq!(Kind::of(Kind::Finish as u8 + 1), None);
    }

    #[test]
    fn an_order_that_is_cut_ends_early() {
        let mut order = Order::default();
        order.text(Kind::Folder, OsStr::new("/a/long/name"));
        for length in 0..order.bytes().len() - 8 {
            let cut = &order.bytes()[..length];
            assert!(Operations::of(cut).count() <= 1);
        }
    }
}
