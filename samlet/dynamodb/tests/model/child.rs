//! The engine in a process of its own, which can be killed: this program started again, with requests and answers as
//! lines of JSON.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::engine::{Answered, Engine, answered, clock, execute, open};

/// Says in which folder the store is that a child is to run.
const FOLDER: &str = "MODEL_FOLDER";

/// The test that is a child's whole life.
const LIFE: &str = "child::the_engine_in_a_process_of_its_own";

/// The engine in another process.
pub(crate) struct Elsewhere {
    folder: TempDir,
    process: Process,
}

struct Process {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    sent: u64,
}

impl Elsewhere {
    pub(crate) fn new() -> Self {
        // On a disk, where a commit takes a moment in which it can be killed.
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start(folder.path());
        Self { folder, process }
    }

    /// Sends requests all at once, waits for some answers, does something and kills the process. What was answered by
    /// then, by the requests' places.
    pub(crate) fn kill_amid(
        &mut self,
        requests: &[(&str, Json)],
        wanted: usize,
        then: impl FnOnce(),
    ) -> HashMap<usize, Answered> {
        let first = self.process.sent;
        for (operation, body) in requests {
            self.process.write(operation, body);
        }
        let mut found = HashMap::new();
        let place = |id: u64| usize::try_from(id - first).unwrap();
        while found.len() < wanted {
            let (id, answer) = self.process.read().unwrap();
            found.insert(place(id), answer);
        }
        then();
        self.process.child.kill().unwrap();
        while let Some((id, answer)) = self.process.read() {
            found.insert(place(id), answer);
        }
        self.process.child.wait().unwrap();
        self.process = Process::start(self.folder.path());
        found
    }
}

impl Engine for Elsewhere {
    fn send(&mut self, operation: &str, body: &Json) -> Answered {
        let id = self.process.sent;
        self.process.write(operation, body);
        let (found, answer) = self.process.read().unwrap();
        assert_eq!(found, id);
        answer
    }

    fn reopen(&mut self) {
        self.kill_amid(&[], 0, || ());
    }
}

impl Process {
    fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .args(["--exact", LIFE, "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            requests: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            sent: 0,
        }
    }

    fn write(&mut self, operation: &str, body: &Json) {
        let request = json!({"id": self.sent, "operation": operation, "body": body});
        self.sent += 1;
        writeln!(self.requests, "{request}").unwrap();
    }

    /// The next answer, unless the process is gone.
    fn read(&mut self) -> Option<(u64, Answered)> {
        loop {
            let line = self.answers.next()?.unwrap();
            // Beside answers there is what the test's harness writes, and perhaps half an answer at last.
            let Ok(Json::Object(mut answer)) = serde_json::from_str(&line) else {
                continue;
            };
            let status = answer["status"].as_u64().unwrap();
            let body = answer.remove("body").unwrap();
            return Some((answer["id"].as_u64().unwrap(), answered(status, body)));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "is run by other tests"]
fn the_engine_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let store = runtime.block_on(async { open(Path::new(&folder), &clock()) });
    for line in std::io::stdin().lines() {
        let request: Json = serde_json::from_str(&line.unwrap()).unwrap();
        let store = store.clone();
        runtime.spawn(async move {
            let operation = request["operation"].as_str().unwrap();
            let (status, body) = execute(&store, operation, &request["body"]).await;
            let answer = json!({"id": request["id"], "status": status, "body": body});
            writeln!(std::io::stdout().lock(), "{answer}").unwrap();
        });
    }
}
