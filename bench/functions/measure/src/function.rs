//! The functions to measure: how each is started, invoked and packaged.

use std::ffi::OsString;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::dynamodb::TITLE;

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(OsString, OsString)>,
    pub(crate) event: Vec<u8>,
    /// What an answer's body contains.
    pub(crate) expected: &'static str,
    /// How many requests an invocation sends to DynamoDB.
    pub(crate) calls: u64,
    /// What its package consists of.
    files: PathBuf,
}

impl Function {
    fn executable(name: &str, program: PathBuf, event: &Path) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            files: program.clone(),
            program,
            arguments: Vec::new(),
            variables: Vec::new(),
            event: std::fs::read(event).with_context(|| event.display().to_string())?,
            expected: "",
            calls: 0,
        })
    }

    /// Whether an answer is what this function owes to its event.
    pub(crate) fn check(&self, answer: &[u8]) -> Result<()> {
        let text = String::from_utf8_lossy(answer);
        let json: Value = serde_json::from_slice(answer).with_context(|| text.to_string())?;
        if self.expected.is_empty() {
            return Ok(());
        }
        let body = json["body"].as_str().unwrap_or_default();
        ensure!(
            json["statusCode"] == 200 && body.contains(self.expected),
            "{} answered {text}",
            self.name
        );
        Ok(())
    }

    /// The size of its executable, where it is one, and of its package, in bytes.
    pub(crate) fn sizes(&self) -> Result<(Option<u64>, u64)> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        if self.files.is_dir() {
            add_folder(&mut archive, &self.files, &self.files)?;
        } else {
            add(&mut archive, "bootstrap", &self.files)?;
        }
        let zip = archive.finish()?.into_inner().len() as u64;
        let executable = (!self.files.is_dir()).then(|| std::fs::metadata(&self.files));
        Ok((executable.transpose()?.map(|file| file.len()), zip))
    }
}

fn add(archive: &mut zip::ZipWriter<impl Write + Seek>, name: &str, file: &Path) -> Result<()> {
    archive.start_file(name, SimpleFileOptions::default())?;
    archive.write_all(&std::fs::read(file)?)?;
    Ok(())
}

fn add_folder(
    archive: &mut zip::ZipWriter<impl Write + Seek>,
    root: &Path,
    folder: &Path,
) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // Byte code is written when it is first run.
            if !path.ends_with("__pycache__") {
                add_folder(archive, root, &path)?;
            }
        } else {
            let name = path.strip_prefix(root)?.to_string_lossy();
            add(archive, &name, &path)?;
        }
    }
    Ok(())
}

/// Where the functions' files are.
pub(crate) struct Places<'a> {
    pub(crate) events: &'a Path,
    pub(crate) ours: &'a Path,
    pub(crate) others: &'a Path,
    pub(crate) python: Option<&'a Path>,
}

/// All functions; the one that ratios refer to is named `echo`.
pub(crate) fn all(places: &Places<'_>) -> Result<Vec<Function>> {
    let event = |name: &str| places.events.join(format!("{name}-event.json"));
    let retrieve = event("RetrieveMessageItem");
    let mut functions = Vec::new();
    for (binary, event, expected) in [
        ("retrieve-message-item", "RetrieveMessageItem", TITLE),
        ("create-message-item", "CreateMessageItem", "message_id"),
        ("update-message-item", "UpdateMessageItem", "message_id"),
        ("delete-message-item", "DeleteMessageItem", "message_id"),
    ] {
        let path = places.events.join(format!("{event}-event.json"));
        let mut function = Function::executable(binary, places.ours.join(binary), &path)?;
        (function.expected, function.calls) = (expected, 1);
        functions.push(function);
    }
    let mut bare = Function::executable("bare", places.others.join("bare"), &retrieve)?;
    bare.expected = "success";
    functions.push(bare);
    functions.push(Function::executable(
        "echo",
        places.others.join("echo"),
        &retrieve,
    )?);
    let program = places.others.join("default-sdk");
    let mut default = Function::executable("default-sdk", program, &retrieve)?;
    (default.expected, default.calls) = (TITLE, 1);
    functions.push(default);
    if let Some(folder) = places.python {
        functions.push(python(folder, &retrieve)?);
    }
    Ok(functions)
}

/// `folder/function` is its package, `folder/runtime` what Lambda provides.
fn python(folder: &Path, event: &Path) -> Result<Function> {
    let package = folder.join("function");
    let mut function = Function::executable("boto3", "/usr/bin/env".into(), event)?;
    function.arguments = ["python3", "-m", "awslambdaric", "function.handler"]
        .map(OsString::from)
        .into();
    let path = [package.as_path(), &folder.join("runtime")];
    let path = std::env::join_paths(path)?;
    function.variables = vec![
        ("PYTHONPATH".into(), path),
        ("PATH".into(), std::env::var_os("PATH").unwrap_or_default()),
        ("LAMBDA_TASK_ROOT".into(), package.clone().into()),
    ];
    (function.expected, function.calls) = (TITLE, 1);
    function.files = package;
    Ok(function)
}
