#![allow(clippy::unwrap_used)]
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as std_mpsc};
use std::time::Duration;

use rusqlite::ffi;
use tokio::task::JoinHandle;

use super::*;
use crate::Readers;
use crate::failure::disk_failure;

const STACK_BYTES: usize = 1024 * 1024;

/// How long a test waits for a thread.
const PATIENCE: Duration = Duration::from_secs(30);

type Commit = Box<dyn FnMut(&Connection) -> rusqlite::Result<()> + Send>;

/// A table of entries, and what has happened to the groups.
struct Ledger {
    connection: Connection,
    commit: Commit,
    outcomes: Outcomes,
    /// Steps of long work that are left.
    steps: usize,
}

type Outcomes = Arc<Mutex<Vec<Option<Failure>>>>;

impl Session for Ledger {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn commit(&mut self) -> rusqlite::Result<()> {
        (self.commit)(&self.connection)
    }

    fn ended(&mut self, failure: Option<&Failure>) {
        assert!(self.connection.is_autocommit(), "no transaction is open");
        self.outcomes.lock().unwrap().push(failure.cloned());
    }

    fn has_work(&self) -> bool {
        self.steps > 0
    }

    fn step(&mut self) -> Result<(), Failure> {
        self.steps -= 1;
        let name = format!("step {}", self.steps);
        let inserted = enter(&name)(self);
        assert_eq!(inserted, Ok(()));
        if self.steps == 2 {
            return Err(disk_failed(ffi::SQLITE_FULL));
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum Refusal {
    Writer(Failure),
    Sqlite(rusqlite::Error),
    Refused,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Writer(failure)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl JobError for Refusal {
    fn disk_failure(&self) -> Option<String> {
        match self {
            Self::Sqlite(error) => disk_failure(error),
            _ => None,
        }
    }
}

type Answer = Result<(), Refusal>;

/// A database in a folder of its own, and its writer.
struct Setup {
    _folder: tempfile::TempDir,
    path: PathBuf,
    writer: Writer<Ledger>,
    outcomes: Outcomes,
}

impl Setup {
    fn new() -> Self {
        Self::with(|connection| connection.execute_batch("COMMIT"))
    }

    /// Has the writer commit by `commit`.
    fn with(commit: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let connection = Connection::open(&path).unwrap();
        let table = "PRAGMA journal_mode = WAL; CREATE TABLE entries (name TEXT UNIQUE)";
        connection.execute_batch(table).unwrap();
        connection.busy_timeout(Duration::ZERO).unwrap();
        let outcomes = Outcomes::default();
        let ledger = Ledger {
            connection,
            commit: Box::new(commit),
            outcomes: Arc::clone(&outcomes),
            steps: 0,
        };
        Self {
            _folder: folder,
            path,
            writer: Writer::start("test-writer", STACK_BYTES, ledger).unwrap(),
            outcomes,
        }
    }

    fn run(&self, job: impl FnOnce(&mut Ledger) -> Answer + Send + 'static) -> JoinHandle<Answer> {
        let writer = self.writer.clone();
        tokio::spawn(async move { writer.run(job).await })
    }

    fn run_alone(
        &self,
        job: impl FnOnce(&mut Ledger) -> Answer + Send + 'static,
    ) -> JoinHandle<Answer> {
        let writer = self.writer.clone();
        tokio::spawn(async move { writer.run_alone(job).await })
    }

    /// Keeps the writer busy by a group of one, so that the jobs that come
    /// until `Gate::open` are a group.
    async fn gate(&self) -> Gate {
        let (sender, opened) = std_mpsc::channel();
        let (entered, has_entered) = oneshot::channel();
        let waiting = self.run(move |_| {
            entered.send(()).ok();
            opened.recv_timeout(PATIENCE).ok();
            Ok(())
        });
        has_entered.await.unwrap();
        Gate { sender, waiting }
    }

    /// Opens the gate once `jobs` jobs wait behind it.
    async fn open(&self, gate: Gate, jobs: usize) {
        self.wait_for(jobs).await;
        gate.sender.send(()).unwrap();
        gate.waiting.await.unwrap().unwrap();
    }

    async fn wait_for(&self, jobs: usize) {
        let queue = &self.writer.jobs;
        while queue.max_capacity() - queue.capacity() < jobs {
            tokio::task::yield_now().await;
        }
    }

    fn outcomes(&self) -> Vec<Option<Failure>> {
        self.outcomes.lock().unwrap().clone()
    }

    fn entries(&self) -> Vec<String> {
        entries(&self.path)
    }
}

struct Gate {
    sender: std_mpsc::Sender<()>,
    waiting: JoinHandle<Answer>,
}

/// What a reader sees.
fn entries(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut select = connection
        .prepare("SELECT name FROM entries ORDER BY rowid")
        .unwrap();
    let names = select.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

fn enter(name: &str) -> impl FnOnce(&mut Ledger) -> Answer + Send + use<> {
    let name = name.to_owned();
    move |ledger| {
        let insert = "INSERT INTO entries VALUES (?1)";
        ledger.connection.execute(insert, [name])?;
        Ok(())
    }
}

fn sqlite_error(code: i32) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
}

/// What becomes of a group of which every operation fails.
async fn assert_all_fail(answers: Vec<JoinHandle<Answer>>, failure: &Failure) {
    for answer in answers {
        let refusal = answer.await.unwrap().unwrap_err();
        assert_eq!(refusal, Refusal::Writer(failure.clone()));
    }
}

fn disk_failed(code: i32) -> Failure {
    Failure::disk(&sqlite_error(code))
}

#[tokio::test]
async fn jobs_that_wait_are_one_transaction_in_their_order() {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let setup = Setup::with(move |connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        connection.execute_batch("COMMIT")
    });
    let gate = setup.gate().await;
    let names: Vec<_> = (0..300).map(|n| format!("{n}")).collect();
    let answers: Vec<_> = names.iter().map(|name| setup.run(enter(name))).collect();
    setup.open(gate, 300).await;
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    // The gate's, one of 256 jobs and one of 44.
    assert_eq!(commits.load(Ordering::SeqCst), 3);
    assert_eq!(setup.outcomes(), [None, None, None]);
    assert_eq!(setup.entries(), names);
}

#[tokio::test]
async fn a_job_that_must_be_alone_is_in_a_transaction_of_its_own() {
    let sizes: Arc<Mutex<Vec<i64>>> = Arc::default();
    let counted = Arc::clone(&sizes);
    let setup = Setup::with(move |connection| {
        let count = "SELECT COUNT(*) FROM entries";
        let count = connection.query_row(count, [], |row| row.get(0))?;
        counted.lock().unwrap().push(count);
        connection.execute_batch("COMMIT")
    });
    let gate = setup.gate().await;
    let answers = [
        setup.run(enter("a")),
        setup.run(enter("b")),
        setup.run_alone(enter("c")),
        setup.run_alone(enter("d")),
        setup.run(enter("e")),
        setup.run(enter("f")),
    ];
    setup.open(gate, 6).await;
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(*sizes.lock().unwrap(), [0, 2, 3, 4, 6]);
    assert_eq!(setup.entries(), ["a", "b", "c", "d", "e", "f"]);
}

#[tokio::test]
async fn a_job_that_fails_or_panics_undoes_nothing_but_its_own() {
    let setup = Setup::new();
    let refused = |ledger: &mut Ledger| {
        enter("refused")(ledger)?;
        Err(Refusal::Refused)
    };
    let panicking = |ledger: &mut Ledger| {
        enter("panicking")(ledger)?;
        panic!("a job of a test");
    };
    let gate = setup.gate().await;
    let answers = [
        setup.run(enter("a")),
        setup.run(refused),
        setup.run(enter("b")),
        setup.run(panicking),
        setup.run(enter("a")),
        setup.run(enter("c")),
    ];
    setup.open(gate, 6).await;
    let mut results = Vec::new();
    for answer in answers {
        results.push(answer.await.unwrap());
    }
    let is_duplicate = |result: &Answer| matches!(result, Err(Refusal::Sqlite(_)));
    assert!(is_duplicate(&results.remove(4)), "{results:?}");
    let panicked = Err(Refusal::Writer(Failure::Panicked));
    let expected = [Ok(()), Err(Refusal::Refused), Ok(()), panicked, Ok(())];
    assert_eq!(results, expected);
    assert_eq!(setup.entries(), ["a", "b", "c"]);
    // By themselves, too.
    setup.run(refused).await.unwrap().unwrap_err();
    setup.run(panicking).await.unwrap().unwrap_err();
    setup.run(enter("d")).await.unwrap().unwrap();
    assert_eq!(setup.entries(), ["a", "b", "c", "d"]);
    assert!(setup.outcomes().iter().all(Option::is_none));
}

#[tokio::test]
async fn a_full_disk_in_a_job_fails_its_whole_group() {
    let setup = Setup::new();
    let too_large = |ledger: &mut Ledger| {
        ledger
            .connection
            .execute_batch("PRAGMA max_page_count = 1")?;
        let result = enter(&"x".repeat(100_000))(ledger);
        ledger
            .connection
            .execute_batch("PRAGMA max_page_count = 1000000")?;
        result
    };
    let gate = setup.gate().await;
    let before = setup.run(enter("a"));
    // What it was refused for will not have been there.
    let refused = setup.run(enter("a"));
    let full = setup.run(too_large);
    let after = setup.run(enter("b"));
    setup.open(gate, 4).await;
    let Refusal::Sqlite(error) = full.await.unwrap().unwrap_err() else {
        panic!("not the job's own error");
    };
    let reason = error.to_string();
    assert_eq!(reason, "database or disk is full");
    let failure = Failure::Disk { reason };
    assert_all_fail(vec![before, refused, after], &failure).await;
    assert_eq!(setup.outcomes(), [None, Some(failure)]);
    assert!(setup.entries().is_empty());
    setup.run(enter("a")).await.unwrap().unwrap();
    assert_eq!(setup.entries(), ["a"]);
}

#[tokio::test]
async fn an_error_at_the_commit_fails_the_whole_group() {
    for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_WRITE] {
        let mut commits = 0;
        let setup = Setup::with(move |connection| {
            commits += 1;
            // The gate's is the first.
            if commits == 2 {
                return Err(sqlite_error(code));
            }
            connection.execute_batch("COMMIT")
        });
        let gate = setup.gate().await;
        let answers = vec![
            setup.run(enter("a")),
            setup.run(enter("a")),
            setup.run(enter("b")),
        ];
        setup.open(gate, 3).await;
        assert_all_fail(answers, &disk_failed(code)).await;
        assert!(setup.entries().is_empty());
        setup.run(enter("a")).await.unwrap().unwrap();
        assert_eq!(setup.entries(), ["a"]);
    }
}

#[tokio::test]
async fn a_group_that_cannot_begin_fails_and_the_next_goes_on() {
    let setup = Setup::new();
    let other = Connection::open(&setup.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = setup.run(enter("a"));
    let refusal = answer.await.unwrap().unwrap_err();
    let reason = "database is locked".to_owned();
    assert_eq!(refusal, Refusal::Writer(Failure::Disk { reason }));
    other.execute_batch("ROLLBACK").unwrap();
    setup.run(enter("b")).await.unwrap().unwrap();
    assert_eq!(setup.entries(), ["b"]);
}

#[tokio::test]
async fn a_group_that_sqlite_rolled_back_fails() {
    /// Doesn't notice it.
    fn rolled_back(ledger: &mut Ledger) -> Answer {
        enter("a")(ledger)?;
        let insert = "INSERT OR ROLLBACK INTO entries VALUES ('a')";
        ledger.connection.execute(insert, []).unwrap_err();
        Ok(())
    }
    let setup = Setup::new();
    let gate = setup.gate().await;
    let mut answers = vec![
        setup.run(enter("b")),
        setup.run(rolled_back),
        setup.run(enter("c")),
    ];
    setup.open(gate, 3).await;
    answers.push(setup.run_alone(rolled_back));
    for answer in answers {
        let refusal = answer.await.unwrap().unwrap_err();
        assert!(matches!(refusal, Refusal::Writer(Failure::Disk { .. })));
    }
    assert!(setup.entries().is_empty());
}

#[tokio::test]
async fn nothing_is_acknowledged_or_seen_before_it_is_synced() {
    let (reached, mut has_reached) = mpsc::unbounded_channel();
    let (go_on, may_go_on) = std_mpsc::channel();
    let setup = Setup::with(move |connection| {
        let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
        let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        reached.send((synchronous, journal)).ok();
        may_go_on.recv_timeout(PATIENCE).ok();
        connection.execute_batch("COMMIT")?;
        // A session may do so, but for the transaction after it.
        connection.execute_batch("PRAGMA synchronous = OFF")
    });
    for name in ["a", "b"] {
        let answer = setup.run(enter(name));
        // SQLite syncs each commit before others see it: FULL, with a log.
        let full = (2, "wal".to_owned());
        assert_eq!(has_reached.recv().await.unwrap(), full);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!answer.is_finished());
        assert!(!setup.entries().contains(&name.to_owned()));
        go_on.send(()).unwrap();
        answer.await.unwrap().unwrap();
        assert!(setup.entries().contains(&name.to_owned()));
    }
}

#[tokio::test]
async fn a_failed_sync_stops_the_writer_for_good() {
    for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC] {
        let mut commits = 0;
        let setup = Setup::with(move |connection| {
            commits += 1;
            if commits == 2 {
                return Err(sqlite_error(code));
            }
            connection.execute_batch("COMMIT")
        });
        let gate = setup.gate().await;
        let answers = vec![
            setup.run(enter("a")),
            setup.run(enter("a")),
            setup.run_alone(enter("b")),
        ];
        setup.open(gate, 3).await;
        assert_all_fail(answers, &Failure::NotSynced).await;
        let later = vec![setup.run(|_| panic!("it must not run"))];
        assert_all_fail(later, &Failure::NotSynced).await;
        assert!(setup.entries().is_empty());
        assert_eq!(setup.outcomes(), [None, Some(Failure::NotSynced)]);
    }
}

#[tokio::test]
async fn closing_finishes_what_waits_and_leaves_one_file() {
    let setup = Setup::new();
    let readers = {
        let sessions = (0..2).map(|_| Connection::open(&setup.path).unwrap());
        Readers::start("test-reader", STACK_BYTES, sessions).unwrap()
    };
    let gate = setup.gate().await;
    let answers: Vec<_> = (0..10).map(|n| setup.run(enter(&n.to_string()))).collect();
    setup.wait_for(10).await;
    let Setup {
        _folder,
        path,
        writer,
        ..
    } = setup;
    let closed = tokio::spawn(async move {
        readers.close().await;
        writer.close().await;
    });
    tokio::task::yield_now().await;
    assert!(!closed.is_finished());
    gate.sender.send(()).unwrap();
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    closed.await.unwrap();
    let log = crate::log_path(&path);
    assert!(!log.exists(), "{}", log.display());
    assert_eq!(entries(&path).len(), 10);
}

#[tokio::test]
async fn jobs_of_a_writer_that_has_ended_are_refused() {
    let setup = Setup::with(|_| panic!("the end of the writer"));
    let refusal = setup.run(enter("a")).await.unwrap().unwrap_err();
    assert_eq!(refusal, Refusal::Writer(Failure::Closed));
    let refusal = setup.run(enter("a")).await.unwrap().unwrap_err();
    assert_eq!(refusal, Refusal::Writer(Failure::Closed));
}

#[tokio::test]
async fn long_work_goes_in_steps_between_groups_and_one_that_fails_is_not_kept() {
    let setup = Setup::new();
    let begin = setup.run(|ledger| {
        ledger.steps = 4;
        Ok(())
    });
    begin.await.unwrap().unwrap();
    // The queue is taken before each step: after so many jobs, no step is left.
    let mut expected = vec![
        "step 3".to_owned(),
        "step 1".to_owned(),
        "step 0".to_owned(),
    ];
    for n in 0..4 {
        let name = format!("job {n}");
        setup.run(enter(&name)).await.unwrap().unwrap();
        expected.push(name);
    }
    let mut entries = setup.entries();
    entries.sort();
    expected.sort();
    assert_eq!(entries, expected);
    let failures = setup.outcomes().into_iter().flatten();
    assert_eq!(
        failures.collect::<Vec<_>>(),
        [disk_failed(ffi::SQLITE_FULL)]
    );
}
