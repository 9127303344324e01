//! Where the developer's secret comes from: a file, standard input or the environment, which other users can't read.

use std::env::VarError;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use samlet_iam::{DEVELOPER_KEY, DEVELOPER_SECRET_VARIABLE};

use crate::args::SecretArgs;

/// The variable that may name a file with the secret.
const FILE_VARIABLE: &str = "SAMLET_DEVELOPER_SECRET_FILE";

/// More than any secret takes: a longer file is not one.
const MAX_BYTES: u64 = 1024;

/// The secret of the developer's key, if it is another than the one everybody knows.
pub(crate) struct Secret(Option<String>);

/// Why there is no secret where one was promised.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("cannot read the developer's secret from {}: {error}", shown(path))]
    Unreadable { path: PathBuf, error: io::Error },
    #[error(
        "the first line of {} is empty: it must be the developer's secret",
        shown(path)
    )]
    EmptyFile { path: PathBuf },
    #[error(
        "{} is longer than {MAX_BYTES} bytes: it must hold the developer's secret only",
        shown(path)
    )]
    TooLong { path: PathBuf },
    #[error("the developer's secret in {} is not UTF-8 text", shown(path))]
    NotText { path: PathBuf },
    #[error("{0} is empty")]
    Empty(&'static str),
    #[error("{0} is not UTF-8 text")]
    VariableNotText(&'static str),
}

impl SecretError {
    /// The way out.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Unreadable { .. }
            | Self::EmptyFile { .. }
            | Self::TooLong { .. }
            | Self::NotText { .. } => {
                "write the secret into the first line of a file that only you can read, and name \
                 that file with --developer-secret-file"
                    .to_owned()
            }
            Self::Empty(name) | Self::VariableNotText(name) => {
                format!("set {name} to the secret; without it, the secret is `{DEVELOPER_KEY}`")
            }
        }
    }
}

impl Secret {
    /// Reads the secret, once: standard input has it only once. The command line goes before the environment.
    pub(crate) fn read(args: &SecretArgs) -> Result<Self, SecretError> {
        if args.developer_secret.is_some() {
            tracing::warn!(
                "every process on this machine can read --developer-secret in samlet's command \
                 line (/proc/PID/cmdline); use --developer-secret-file FILE or the variable \
                 {DEVELOPER_SECRET_VARIABLE} instead"
            );
        }
        Self::find(args, std::env::var)
    }

    fn find(
        args: &SecretArgs,
        variable: impl Fn(&'static str) -> Result<String, VarError>,
    ) -> Result<Self, SecretError> {
        if let Some(path) = &args.developer_secret_file {
            return from_file(path).map(Self::own);
        }
        if let Some(secret) = &args.developer_secret {
            return not_empty(secret.clone(), "--developer-secret").map(Self::own);
        }
        let variable = |name| match variable(name) {
            Ok(value) => not_empty(value, name).map(Some),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(SecretError::VariableNotText(name)),
        };
        if let Some(secret) = variable(DEVELOPER_SECRET_VARIABLE)? {
            return Ok(Self::own(secret));
        }
        match variable(FILE_VARIABLE)? {
            Some(path) => from_file(Path::new(&path)).map(Self::own),
            None => Ok(Self(None)),
        }
    }

    fn own(secret: String) -> Self {
        Self(Some(secret))
    }

    /// The secret that signs the developer's requests.
    pub(crate) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or(DEVELOPER_KEY)
    }

    /// The secret that samlet must take instead of the usual one, if any.
    pub(crate) fn replacement(&self) -> Option<String> {
        self.0.clone()
    }
}

fn not_empty(value: String, name: &'static str) -> Result<String, SecretError> {
    if value.is_empty() {
        return Err(SecretError::Empty(name));
    }
    Ok(value)
}

/// The first line of a file, or of standard input.
fn from_file(path: &Path) -> Result<String, SecretError> {
    let path_owned = || path.to_owned();
    let read = if is_standard_input(path) {
        standard_input().and_then(first_line)
    } else {
        File::open(path).and_then(whole)
    };
    let bytes = read.map_err(|error| SecretError::Unreadable {
        path: path_owned(),
        error,
    })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SecretError::TooLong { path: path_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText { path: path_owned() })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(SecretError::EmptyFile { path: path_owned() });
    }
    Ok(line.to_owned())
}

/// All of a file, or enough to see that it is too long.
fn whole(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Standard input without a buffer: what follows the secret is for whatever else reads there, such as `exec`'s command.
fn standard_input() -> io::Result<File> {
    let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(descriptor.into())
}

/// Bytes up to the end of the line, read one by one, or enough to see that it is too long.
fn first_line(input: impl Read) -> io::Result<Vec<u8>> {
    let mut input = input.take(MAX_BYTES + 1);
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match input.read_exact(&mut byte) {
            Ok(()) if byte == *b"\n" => break,
            Ok(()) => line.extend(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    // As in a file, where a line may end so.
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        return "standard input".to_owned();
    }
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn unset(_name: &'static str) -> Result<String, VarError> {
        Err(VarError::NotPresent)
    }

    fn args(secret: Option<&str>, file: Option<&Path>) -> SecretArgs {
        SecretArgs {
            developer_secret: secret.map(str::to_owned),
            developer_secret_file: file.map(Path::to_owned),
        }
    }

    fn of_file(content: &[u8]) -> Result<String, SecretError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let found = Secret::find(&args(None, Some(file.path())), unset)?;
        Ok(found.text().to_owned())
    }

    #[test]
    fn a_file_has_the_secret_in_its_first_line() {
        assert_eq!(of_file(b" of mine\n").unwrap(), " of mine");
        assert_eq!(of_file(b"of mine\r\n").unwrap(), "of mine");
        assert_eq!(of_file(b"of mine\nsomething else\n").unwrap(), "of mine");
        assert_eq!(of_file(&[b'a'; 1024]).unwrap(), "a".repeat(1024));
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused() {
        let is_empty = |found| matches!(found, Err(SecretError::EmptyFile { .. }));
        assert!(is_empty(of_file(b"")) && is_empty(of_file(b"\nof mine")));
        let long = of_file(&[b'a'; 1025]);
        assert!(matches!(long, Err(SecretError::TooLong { .. })));
        let binary = of_file(b"\xff\xfe");
        assert!(matches!(binary, Err(SecretError::NotText { .. })));
        let missing = Secret::find(&args(None, Some(Path::new("/no/such/file"))), unset);
        let missing = missing.err().unwrap();
        assert_eq!(
            missing.to_string(),
            "cannot read the developer's secret from /no/such/file: No such file or directory (os error 2)"
        );
        assert!(missing.help().contains("--developer-secret-file"));
    }

    #[test]
    fn no_more_than_a_line_is_read_of_standard_input() {
        let mut input: &[u8] = b"of mine\n{\"the\": \"event\"}";
        assert_eq!(first_line(&mut input).unwrap(), b"of mine");
        assert_eq!(input, b"{\"the\": \"event\"}");
        assert_eq!(first_line(&[b'a'; 5000][..]).unwrap().len(), 1025);
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_an_empty_variable_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "of a file\n").unwrap();
        let set = |name| match name {
            DEVELOPER_SECRET_VARIABLE => Ok("of a variable".to_owned()),
            _ => Ok(file.path().display().to_string()),
        };
        let found = |args, variable: &dyn Fn(&'static str) -> Result<String, VarError>| {
            Secret::find(&args, variable).map(|secret| secret.text().to_owned())
        };
        let by_file = args(None, Some(file.path()));
        assert_eq!(found(by_file, &set).unwrap(), "of a file");
        assert_eq!(found(args(Some("given"), None), &set).unwrap(), "given");
        assert_eq!(found(args(None, None), &set).unwrap(), "of a variable");
        let only_file = |name| match name {
            FILE_VARIABLE => set(name),
            _ => unset(name),
        };
        assert_eq!(found(args(None, None), &only_file).unwrap(), "of a file");
        assert_eq!(found(args(None, None), &unset).unwrap(), "local");
        let empty = |_: &'static str| Ok(String::new());
        let refused = found(args(None, None), &empty);
        assert!(matches!(
            refused,
            Err(SecretError::Empty(DEVELOPER_SECRET_VARIABLE))
        ));
    }
}
