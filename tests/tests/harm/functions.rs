//! Functions that misbehave, or are killed: what that costs themselves, and that it costs nobody else anything.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::{
    Application, PATIENCE, Samlet, functions_of, is_running, processes, processes_of, wait_until,
    wait_until_gone,
};
use rustix::process::{Pid, Signal};

use crate::{BINARY, Client, amount, memory_mb};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023, MemorySize: 128, Timeout: 2}
Resources:
  Honest:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 25
      Events:
        Any: {Type: Api, Properties: {Path: '/honest/{mode}', Method: GET}}
  Bad:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Any: {Type: Api, Properties: {Path: '/bad/{mode}', Method: ANY}}
  Looping:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {FIXTURE_INIT: crash-while-broken}}
      Events:
        Any: {Type: Api, Properties: {Path: '/looping', Method: GET}}
  Stubborn:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {FIXTURE_INIT: ignore-sigterm}}
      Events:
        Any: {Type: Api, Properties: {Path: '/stubborn/{mode}', Method: GET}}
";

/// What samlet may take beside what it has at rest, for anything a function does.
const MAX_GROWTH_MB: u64 = 100;

/// Clients that go on while something happens; each request of theirs succeeds.
/// Gives how many there were.
fn while_honest_clients_go_on(samlet: &Samlet, clients: usize, happens: impl FnOnce()) -> usize {
    let is_over = AtomicBool::new(false);
    let served = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let client = Client::new(&samlet.api);
                while !is_over.load(Ordering::SeqCst) {
                    let answer = client.send("GET", "/honest/who", "");
                    assert_eq!(answer.map(|answer| answer.0), Some(200));
                    served.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        // A panic ends the clients, too.
        let _over = Over(&is_over);
        happens();
    });
    served.into_inner()
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The processes with this in their command line.
fn processes_with(argument: &str) -> Vec<u32> {
    let has_it = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|part| part == argument.as_bytes())
    };
    processes().filter(has_it).collect()
}

#[test]
fn functions_that_are_killed_fail_their_own_requests_only() {
    const CLIENTS: usize = 8;
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let duration = amount(Duration::from_secs(3), Duration::from_secs(60));
    let (succeeded, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    // Until a kill has met a request, at least.
    let goes_on = || {
        let has_met = failed.load(Ordering::SeqCst) > 0;
        began.elapsed() < duration || !has_met && began.elapsed() < PATIENCE
    };
    let kills = std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let client = Client::new(&samlet.api);
                while goes_on() {
                    match client.send("GET", "/honest/pause", "").unwrap() {
                        (200, _) => succeeded.fetch_add(1, Ordering::SeqCst),
                        (502, _) => failed.fetch_add(1, Ordering::SeqCst),
                        other => panic!("{other:?}"),
                    };
                }
            });
        }
        let mut kills = 0;
        while goes_on() {
            std::thread::sleep(Duration::from_millis(fastrand::u64(10..60)));
            if let Some(victim) = fastrand::choice(functions_of(samlet.id())) {
                let victim = Pid::from_raw(victim.try_into().unwrap()).unwrap();
                kills += usize::from(rustix::process::kill_process(victim, Signal::KILL).is_ok());
            }
        }
        kills
    });
    let (succeeded, failed) = (succeeded.into_inner(), failed.into_inner());
    println!("functions: {kills} kills, {failed} requests failed, {succeeded} succeeded");
    assert!(failed > 0, "no kill met a request");
    assert!(failed <= kills, "{failed} requests failed by {kills} kills");
    assert!(succeeded > 0);
}

#[test]
fn a_function_that_misbehaves_is_contained_and_others_are_served() {
    // Its log is as large as it is fast: not where memory is.
    let parent = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let application = Application::fixture_in(parent, BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    assert_eq!(samlet.request("GET", "/honest/who", None).0, 200);
    let at_rest = memory_mb(&samlet, "VmRSS");
    let rounds = amount(1, 15);
    let seconds = format!("61.{}", samlet.id());
    let bad = [
        ("loop", 502, "Task timed out after 2.00 seconds"),
        ("leak", 502, "Runtime exited with error: signal: killed"),
        ("fork", 502, "forked"),
        ("flood", 502, "all work and no play makes a dull log"),
        ("flood-without-lines", 502, "mode flood-without-lines"),
        ("garbage", 502, "its answer is no proxy response"),
        ("twice", 200, "the second answer got a 400"),
        ("hang", 502, "Task timed out after 2.00 seconds"),
        ("crash", 502, "Runtime exited with error: exit status 1"),
        ("leave", 200, "mode leave"),
        ("abuse", 200, "mode abuse"),
    ];
    let served = while_honest_clients_go_on(&samlet, 2, || {
        std::thread::scope(|scope| {
            for (mode, expected, _) in bad {
                let (samlet, seconds) = (&samlet, &seconds);
                scope.spawn(move || {
                    for _ in 0..rounds {
                        let path = format!("/bad/{mode}");
                        let (status, body) = samlet.request("POST", &path, Some(seconds));
                        assert_eq!(status, expected, "{mode}: {body}");
                        assert_ne!(body, "second");
                    }
                });
            }
        });
    });
    let peak = memory_mb(&samlet, "VmHWM");
    println!(
        "functions: {served} honest requests beside misbehaviour; samlet took {at_rest} MB before, {peak} MB at most"
    );
    assert!(
        peak < at_rest + MAX_GROWTH_MB,
        "{at_rest} MB became {peak} MB"
    );
    for (mode, _, said) in bad {
        assert!(samlet.stderr().contains(said), "{mode}: {said}");
    }
    wait_until("what a function started ends with it", || {
        processes_with(&seconds).is_empty()
    });
}

#[test]
fn an_idle_function_that_leaks_is_ended() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    assert_eq!(samlet.request("GET", "/bad/leak-later", None).0, 200);
    let leaking = functions_of(samlet.id());
    assert_eq!(leaking.len(), 1);
    wait_until("the function is gone", || !is_running(leaking[0]));
    assert_eq!(samlet.request("GET", "/bad/who", None).0, 200);
}

#[test]
fn a_crash_loop_backs_off_and_is_over_once_its_cause_is() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let broken = application.folder.path().join("function/broken");
    std::fs::write(&broken, "").unwrap();
    let samlet = application.start(&[]);
    let answers = AtomicUsize::new(0);
    let served = while_honest_clients_go_on(&samlet, 2, || {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let client = Client::new(&samlet.api);
                    while began.elapsed() < amount(Duration::from_secs(2), Duration::from_secs(20))
                    {
                        let answer = client.send("GET", "/looping", "").unwrap();
                        assert_eq!(answer.0, 502, "{}", answer.1);
                        answers.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
    });
    // Each process that began and exited has left a line.
    let log = samlet.stderr();
    let starts = log
        .lines()
        .filter(|line| line.contains("INIT_REPORT"))
        .count();
    let answers = answers.into_inner();
    println!(
        "functions: a crash loop had {starts} starts for {answers} requests; {served} honest requests"
    );
    assert!(
        starts < 200 && starts * 2 < answers,
        "{starts} starts for {answers} requests"
    );
    std::fs::remove_file(broken).unwrap();
    wait_until("it starts again", || {
        samlet.request("GET", "/looping", None).0 == 200
    });
}

#[test]
fn a_function_that_ignores_sigterm_ends_all_the_same() {
    let application = Application::fixture(BINARY, TEMPLATE);
    let mut samlet = application.start(&[]);
    let (status, environment) = samlet.request("GET", "/stubborn/who", None);
    assert_eq!(status, 200);
    for process in processes_of(&environment) {
        let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, Signal::TERM).unwrap();
    }
    // It answers, so the signal is behind it.
    assert_eq!(
        samlet.request("GET", "/stubborn/who", None),
        (200, environment.clone()),
        "it does not ignore SIGTERM"
    );
    assert_eq!(samlet.request("GET", "/stubborn/hang", None).0, 502);
    wait_until_gone(&environment);
    let (_, environment) = samlet.request("GET", "/stubborn/who", None);
    assert!(samlet.terminate().success());
    wait_until_gone(&environment);
}
