//! Edits of sources and templates while an application runs.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Application, Samlet, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

/// One route, for functions that need not be built.
const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Events: {Get: {Type: Api, Properties: {Path: /one, Method: GET}}}
";

/// Sets a flag when it goes, be it by a panic: whoever waits for it ends.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn edit(application: &Application, file: &str, from: &str, to: &str) {
    let path = application.folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Lines of samlet's own on standard error that begin with this word.
fn said(samlet: &Samlet, verb: &str) -> Vec<String> {
    let log = samlet.stderr();
    let lines = log.lines().map(str::trim_start);
    lines
        .filter(|line| line.starts_with(verb))
        .map(str::to_owned)
        .collect()
}

/// Waits until this many lines of samlet's own begin with this word; gives the last of them.
fn wait_for(samlet: &Samlet, verb: &str, times: usize) -> String {
    acceptance::wait_for(&format!("samlet says `{verb}` {times} times"), || {
        said(samlet, verb).into_iter().nth(times - 1)
    })
}

/// What a function answers: its name, its version, the common crate's, its
/// process, and STAGE and memory.
fn answer(samlet: &Samlet, path: &str) -> Vec<String> {
    let (status, body) = samlet.request("GET", path, None);
    assert_eq!(status, 200, "{body}");
    body.split(' ').map(str::to_owned).collect()
}

fn version(n: u32) -> String {
    format!("VERSION: u32 = {n};")
}

#[test]
fn ten_edits_under_load_fail_no_request_and_leave_no_stale_answer() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&[]);
    let (served, done) = (AtomicU32::new(0), AtomicBool::new(false));
    let requests = AtomicU32::new(0);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        let load = || {
            // Ten times ten a second.
            while !done.load(Ordering::SeqCst) {
                let began = Instant::now();
                let at_least = served.load(Ordering::SeqCst);
                let answered: u32 = answer(&samlet, "/one")[1].parse().unwrap();
                assert!(answered >= at_least, "{answered} after {at_least}");
                requests.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(100).saturating_sub(began.elapsed()));
            }
        };
        let load: Vec<_> = (0..10).map(|_| scope.spawn(load)).collect();
        for n in 1..=10 {
            edit(
                &application,
                "one/src/main.rs",
                &version(n - 1),
                &version(n),
            );
            let line = wait_for(&samlet, "Updated", n.try_into().unwrap());
            assert!(line.starts_with("Updated One in "), "{line}");
            served.store(n, Ordering::SeqCst);
            let before = requests.load(Ordering::SeqCst);
            wait_until("requests are answered between two edits", || {
                requests.load(Ordering::SeqCst) >= before + 10
            });
        }
        done.store(true, Ordering::SeqCst);
        for thread in load {
            thread.join().unwrap();
        }
    });
}

#[test]
fn an_edit_replaces_the_environments_of_the_functions_that_depend_on_it_and_no_others() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&[]);
    let (one, two) = (answer(&samlet, "/one"), answer(&samlet, "/two"));
    edit(&application, "one/src/main.rs", &version(0), &version(1));
    assert!(wait_for(&samlet, "Updated", 1).starts_with("Updated One in "));
    assert_eq!(answer(&samlet, "/two"), two);
    let newer = answer(&samlet, "/one");
    assert_eq!((&newer[1], &newer[2]), (&"1".to_owned(), &"0".to_owned()));
    assert_ne!(newer[3], one[3]);
    edit(&application, "common/src/lib.rs", &version(0), &version(7));
    assert!(wait_for(&samlet, "Updated", 2).starts_with("Updated One, Two in "));
    for path in ["/one", "/two"] {
        assert_eq!(answer(&samlet, path)[2], "7");
    }
}

#[test]
fn a_broken_build_is_shown_once_and_holds_up_no_other_function() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&[]);
    let before = answer(&samlet, "/one");
    edit(
        &application,
        "one/src/main.rs",
        &version(0),
        "VERSION: u32 = true;",
    );
    assert_eq!(wait_for(&samlet, "Kept", 1), "Kept the last good build");
    assert_eq!(answer(&samlet, "/one"), before);
    let log = samlet.stderr();
    assert_eq!(
        log.matches("error[E0308]: mismatched types").count(),
        1,
        "{log}"
    );
    assert!(
        log.contains("error: building the functions failed"),
        "{log}"
    );

    edit(&application, "two/src/main.rs", &version(0), &version(1));
    assert!(wait_for(&samlet, "Updated", 1).starts_with("Updated Two in "));
    assert_eq!(answer(&samlet, "/two")[1], "1");
    assert_eq!(answer(&samlet, "/one"), before);

    edit(
        &application,
        "one/src/main.rs",
        "VERSION: u32 = true;",
        &version(2),
    );
    assert!(wait_for(&samlet, "Updated", 2).starts_with("Updated One in "));
    assert_eq!(answer(&samlet, "/one")[1], "2");
}

#[test]
fn an_invocation_in_flight_is_finished_by_the_build_it_began_with() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&[]);
    answer(&samlet, "/one");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| answer(&samlet, "/one?slowly=yes"));
        samlet.wait_for_lines("START RequestId", 2);
        edit(&application, "one/src/main.rs", &version(0), &version(1));
        wait_for(&samlet, "Updated", 1);
        assert_eq!(answer(&samlet, "/one")[1], "1");
        assert_eq!(slow.join().unwrap()[1], "0");
    });
}

#[test]
fn a_changed_template_is_applied_to_what_runs() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&[]);
    let before = (answer(&samlet, "/one"), answer(&samlet, "/two"));
    assert_eq!((&*before.0[4], &*before.0[5]), ("first", "128"));

    // One function's own setting.
    edit(
        &application,
        "template.yaml",
        "CodeUri: two",
        "CodeUri: two\n      MemorySize: 256",
    );
    assert!(wait_for(&samlet, "Updated", 1).starts_with("Updated Two in "));
    assert_eq!(answer(&samlet, "/two")[5], "256");
    assert_eq!(answer(&samlet, "/one"), before.0);

    // All functions' environment.
    edit(
        &application,
        "template.yaml",
        "STAGE: first",
        "STAGE: second",
    );
    assert!(wait_for(&samlet, "Updated", 2).starts_with("Updated One, Two in "));
    assert_eq!(answer(&samlet, "/one")[4], "second");

    // Routes, without new environments.
    let one = answer(&samlet, "/one");
    edit(&application, "template.yaml", "Path: /one", "Path: /uno");
    wait_for(&samlet, "Applied", 3);
    assert_eq!(wait_for(&samlet, "Removed", 1), "Removed GET /one (One)");
    assert_eq!(wait_for(&samlet, "Added", 1), "Added GET /uno (One)");
    assert_eq!(answer(&samlet, "/uno"), one);
    assert_eq!(samlet.request("GET", "/one", None).0, 403);
    assert_eq!(said(&samlet, "Updated").len(), 2);

    // A mistake changes nothing.
    edit(&application, "template.yaml", "Path: /uno", "Pfad: /eins");
    assert_eq!(
        wait_for(&samlet, "Kept", 1),
        "Kept the application as it was"
    );
    assert!(
        samlet.stderr().contains("template.yaml:18"),
        "{}",
        samlet.stderr()
    );
    assert_eq!(answer(&samlet, "/uno"), one);
    edit(&application, "template.yaml", "Pfad: /eins", "Path: /one");
    wait_for(&samlet, "Applied", 4);
    assert_eq!(answer(&samlet, "/one"), one);
}

#[test]
fn functions_apis_and_tables_come_and_go_with_the_template() {
    let application = Application::example("rust-workspace");
    let samlet = application.build_and_start(&["--ready-file", "ready.json"]);
    let three = "
  Three:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda}
    Properties:
      CodeUri: three
      Events:
        Get: {Type: HttpApi, Properties: {Path: /three, Method: GET}}
  Table: {Type: AWS::Serverless::SimpleTable}
";
    let path = application.folder.path().join("template.yaml");
    let template = std::fs::read_to_string(&path).unwrap();
    // First the template, then its code: somebody is quicker than the other.
    std::fs::write(&path, template.clone() + three).unwrap();
    wait_for(&samlet, "Kept", 1);
    assert_eq!(answer(&samlet, "/one")[0], "one");
    let folder = application.folder.path();
    let copied = std::process::Command::new("cp")
        .args(["-r", "one", "three"])
        .current_dir(folder)
        .status();
    assert!(copied.unwrap().success());
    edit(&application, "three/Cargo.toml", "\"one\"", "\"three\"");
    edit(&application, "three/src/main.rs", "\"one\"", "\"three\"");
    edit(&application, "Cargo.toml", "\"two\"", "\"two\", \"three\"");
    wait_for(&samlet, "Applied", 1);
    let ready: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("ready.json")).unwrap()).unwrap();
    assert_eq!(ready["functions"]["Three"], "local-Three");
    assert_eq!(ready["tables"]["Table"], "local-Table");
    let url = ready["apis"]["ServerlessHttpApi"].as_str().unwrap();
    let body = || {
        ureq::get(format!("{url}/three"))
            .call()
            .map(|mut answer| answer.body_mut().read_to_string().unwrap())
    };
    assert!(body().unwrap().starts_with("three 0 0 "));
    assert_eq!(answer(&samlet, "/one")[0], "one");

    // Its key can't be changed where it is.
    edit(
        &application,
        "template.yaml",
        "SimpleTable}",
        "SimpleTable, Properties: {PrimaryKey: {Name: other, Type: String}}}",
    );
    wait_for(&samlet, "Kept", said(&samlet, "Kept").len() + 1);
    assert!(
        samlet.stderr().contains("error: table Table: "),
        "{}",
        samlet.stderr()
    );

    std::fs::write(&path, template).unwrap();
    wait_for(&samlet, "Applied", 2);
    assert!(body().is_err());
    assert_eq!(answer(&samlet, "/two")[0], "two");
}

#[test]
fn a_changed_policy_holds_at_once_and_in_the_environments_there_are() {
    let application = Application::message_service(|template| template);
    let samlet = application.start(&[]);
    let id = samlet.create(r#"{"title": "Hello"}"#);
    let read = || samlet.request("GET", &format!("/message/{id}"), None).0;
    assert_eq!(read(), 200);
    edit(
        &application,
        "template.yaml",
        "- dynamodb:GetItem",
        "- dynamodb:Query",
    );
    wait_for(&samlet, "Applied", 1);
    assert_eq!(read(), 500);
    samlet.wait_for_log(
        "ACCESS DENIED: RetrieveMessageItem is not allowed to perform dynamodb:GetItem",
    );
    edit(
        &application,
        "template.yaml",
        "- dynamodb:Query",
        "- dynamodb:GetItem",
    );
    wait_for(&samlet, "Applied", 2);
    assert_eq!(read(), 200);
    assert_eq!(said(&samlet, "Updated"), Vec::<String>::new());

    // Whoever makes the mistake again is told all of it again, once.
    edit(
        &application,
        "template.yaml",
        "- dynamodb:GetItem",
        "- dynamodb:Scan",
    );
    wait_for(&samlet, "Applied", 3);
    assert_eq!((read(), read()), (500, 500));
    samlet.wait_for_log("allows dynamodb:Scan on this resource");
    let log = samlet.stderr();
    assert_eq!(
        log.matches("to allow it, add to the Policies").count(),
        2,
        "{log}"
    );
}

#[test]
fn a_python_function_is_run_as_it_is_saved() {
    let application = Application::example("http-python");
    let samlet = application.build_and_start(&[]);
    let answered = || samlet.request("DELETE", "/nowhere", None).1;
    assert_eq!(answered(), "nothing at /nowhere");
    edit(&application, "notes/app.py", "nothing at", "not a thing at");
    wait_for(&samlet, "Updated", 1);
    assert_eq!(answered(), "not a thing at /nowhere");
}

#[test]
fn a_local_python_package_is_followed_in_all_functions_that_have_it() {
    let application = Application::example("seed-python");
    let samlet = application.build_and_start(&[]);
    let create = || samlet.request("POST", "/message", Some(r#"{"a": 1}"#));
    assert_eq!(create().0, 200);
    edit(
        &application,
        "src/common/common/__init__.py",
        "\"statusCode\": status,",
        "\"statusCode\": status + 1,",
    );
    let updated = "Updated CreateMessageItem, RetrieveMessageItem in ";
    assert!(wait_for(&samlet, "Updated", 1).starts_with(updated));
    assert_eq!(create().0, 201);
}

#[test]
fn without_watching_nothing_changes() {
    let [ignored, followed] = [(); 2].map(|()| Application::fixture(BINARY, TEMPLATE));
    let ignoring = ignored.start(&["--no-watch"]);
    let following = followed.start(&[]);
    for application in [&ignored, &followed] {
        edit(application, "template.yaml", "Path: /one", "Path: /uno");
    }
    // By then it would have been noticed by the other as well.
    wait_for(&following, "Applied", 1);
    assert_eq!(following.request("GET", "/one", None).0, 403);
    assert_eq!(ignoring.request("GET", "/one", None).0, 200);
    assert_eq!(said(&ignoring, "Applied"), Vec::<String>::new());
}
