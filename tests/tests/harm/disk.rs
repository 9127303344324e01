//! A disk that is full, or that has changed what was written: it is said, nothing is lost unsaid, and it goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::{Application, Samlet, skip, wait_until};
use serde_json::json;

use crate::{Client, amount, parsed};

/// A file system of a few megabytes, mounted on a folder.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, which is reported, where this test may not mount.
    fn mount(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(folder);
        if mount.output().is_ok_and(|done| done.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        skip("a full disk is not tested: no file system can be mounted here");
        None
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let filler = vec![0; 16 * 1024 * 1024];
        assert!(
            std::fs::write(self.filler(), filler).is_err(),
            "it is not full"
        );
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // At once, whoever still has files there.
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

/// A data folder that is not the one with the functions.
fn in_folder<'a>(application: &Application, folder: &'a Path) -> [&'a str; 2] {
    std::fs::create_dir_all(folder).unwrap();
    let build = application.folder.path().join(".samlet/build");
    std::os::unix::fs::symlink(build, folder.join("build")).unwrap();
    ["--data-dir", folder.to_str().unwrap()]
}

fn title(samlet: &Samlet, id: &str) -> Option<String> {
    let (status, answer) = samlet.json("GET", &format!("/message/{id}"), None);
    match status {
        200 => Some(answer["message"]["title"].as_str().unwrap().to_owned()),
        404 => None,
        _ => panic!("{status} {answer}"),
    }
}

fn store_file(application: &Application) -> PathBuf {
    let folder = application.folder.path();
    folder.join(".samlet/dynamodb/dynamodb.sqlite")
}

#[test]
fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let application = Application::message_service(|template| template);
    let folder = application.folder.path().join("small");
    let Some(disk) = SmallDisk::mount(&folder) else {
        return;
    };
    let arguments = in_folder(&application, &folder);
    let mut samlet = application.start(&arguments);
    let client = Client::new(&samlet.api);
    let body = json!({ "title": "x".repeat(20_000) }).to_string();
    let mut ids = Vec::new();
    let mut create = |client: &Client| {
        let (status, text) = client.send("POST", "/message", &body).unwrap();
        if status == 200 {
            let id = parsed(&text)["message"]["message_id"]
                .as_str()
                .unwrap()
                .to_owned();
            ids.push(id);
        } else {
            assert_eq!(status, 500, "{text}");
        }
        status == 200
    };
    assert!(create(&client));
    disk.fill();
    let attempts = (0..1000).take_while(|_| create(&client)).count();
    assert!(attempts < 1000, "it was never full");
    assert!(!create(&client));
    samlet.wait_for_log("the store");
    // A log has room in its last page until then.
    wait_until("the logs are full", || {
        !create(&client) && samlet.stderr().contains("cannot write logs")
    });
    // Reads go on.
    assert!(title(&samlet, "none").is_none());
    disk.make_room();
    for _ in 0..20 {
        assert!(create(&client), "there is room again: {}", samlet.stderr());
    }
    // Logs, too: what comes now is written whole, whatever was cut off before.
    disk.fill();
    (0..1000).take_while(|_| create(&client)).count();
    samlet.kill();
    disk.make_room();
    samlet = application.start(&arguments);
    for id in &ids {
        assert!(title(&samlet, id).is_some(), "message {id} is lost");
    }
}

/// What is left of a file after damage of one of several kinds: a page's worth of garbage or of nothing, a file cut
/// short, pages swapped, a bit.
fn damaged(whole: &[u8], kind: usize, random: &mut fastrand::Rng) -> Vec<u8> {
    let mut damaged = whole.to_vec();
    let pages = damaged.len() / 4096;
    let [page, other] = [(); 2].map(|()| random.usize(..pages) * 4096);
    match kind % 8 {
        0 => random.fill(&mut damaged[page..page + 4096]),
        1 => damaged.truncate(random.usize(1..damaged.len())),
        2 => damaged[page..page + 4096].fill(0),
        3 => {
            let content = damaged[page..page + 4096].to_vec();
            damaged.copy_within(other..other + 4096, page);
            damaged[other..other + 4096].copy_from_slice(&content);
        }
        _ => {
            let at = random.usize(..damaged.len());
            damaged[at] ^= 1 << random.u8(0..8);
        }
    }
    damaged
}

#[test]
fn a_damaged_store_is_told_and_no_message_is_lost_unsaid() {
    let application = Application::message_service(|template| template);
    let mut samlet = application.start(&[]);
    let titles: Vec<(String, String)> = (0..100)
        .map(|n| {
            let title = format!("title {n} {}", "x".repeat(3000));
            (samlet.create(&json!({ "title": title }).to_string()), title)
        })
        .collect();
    assert!(samlet.terminate().success());
    let file = store_file(&application);
    let whole = std::fs::read(&file).unwrap();
    // The same damage each time, and in full another.
    let seed = amount(1, fastrand::u64(..));
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut refused, mut told, mut failed) = (0, 0, 0);
    for round in 0..amount(8, 200) {
        let damaged = damaged(&whole, round, &mut random);
        std::fs::write(&file, &damaged).unwrap();
        let Some(samlet) = started(&application) else {
            refused += 1;
            continue;
        };
        let client = Client::new(&samlet.api);
        let mut is_whole = true;
        for (id, title) in &titles {
            let (status, text) = client.send("GET", &format!("/message/{id}"), "").unwrap();
            if status == 200 {
                let found = &parsed(&text)["message"]["title"];
                assert_eq!(found, title, "seed {seed}, round {round}");
                continue;
            }
            assert!(status >= 500, "seed {seed}, round {round}: {status} {text}");
            is_whole = false;
            failed += 1;
        }
        if !is_whole {
            samlet.wait_for_log("the store");
            samlet.wait_for_log("is damaged");
        }
        told += usize::from(samlet.stderr().contains("is damaged"));
        assert!(!samlet.stderr().contains("panicked"), "{}", samlet.stderr());
    }
    println!(
        "disk: damage was refused {refused} times at start, told {told} times; {failed} reads failed, none was of another value or found nothing"
    );
    std::fs::write(&file, &whole).unwrap();
    let samlet = application.start(&[]);
    for (id, expected) in &titles {
        assert_eq!(title(&samlet, id).as_ref(), Some(expected));
    }
    assert!(!samlet.stderr().contains("is damaged"));
}

#[test]
fn an_item_that_cannot_be_read_is_told() {
    let application = Application::message_service(|template| template);
    let mut samlet = application.start(&[]);
    let [damaged, whole] =
        ["damaged", "whole"].map(|title| samlet.create(&json!({ "title": title }).to_string()));
    assert!(samlet.terminate().success());
    let file = store_file(&application);
    let mut stored = std::fs::read(&file).unwrap();
    let windows = stored.windows(7).enumerate();
    let places = windows.filter(|(_, bytes)| *bytes == b"damaged");
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    // Another letter, and what is not text.
    for byte in [b'b', 0xff] {
        for at in &places {
            stored[at + 3] = byte;
        }
        std::fs::write(&file, &stored).unwrap();
        let mut samlet = application.start(&[]);
        samlet.wait_for_log("is damaged: an item of local-DynamoDBTable can't be read");
        let (answered, answer) = samlet.json("GET", &format!("/message/{damaged}"), None);
        assert_eq!(answered, 500, "{answer}");
        assert_eq!(title(&samlet, &whole).as_deref(), Some("whole"));
        assert!(samlet.terminate().success());
    }
}

/// samlet, or `None` when it refused to start, in clear words.
fn started(application: &Application) -> Option<Samlet> {
    let mut probe = application.command(&["--ready-file", "ready.json"]);
    let said = application.folder.path().join("probe.txt");
    probe.stdout(std::process::Stdio::null());
    probe.stderr(std::fs::File::create(&said).unwrap());
    let mut probe = probe.spawn().unwrap();
    let ready = application.folder.path().join("ready.json");
    let mut status = None;
    wait_until("it starts or refuses to", || {
        status = probe.try_wait().unwrap();
        status.is_some() || ready.exists()
    });
    probe.kill().unwrap();
    probe.wait().unwrap();
    std::fs::remove_file(ready).ok();
    let Some(status) = status else {
        return Some(application.start(&[]));
    };
    let said = std::fs::read_to_string(said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("dynamodb.sqlite"), "{said}");
    assert!(said.contains("restore"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    None
}

#[test]
fn a_damaged_write_ahead_log_is_told() {
    let application = Application::message_service(|template| template);
    let mut samlet = application.start(&[]);
    for n in 0..20 {
        samlet.create(&json!({ "title": n.to_string() }).to_string());
    }
    samlet.kill();
    let log = store_file(&application).with_extension("sqlite-wal");
    let mut bytes = std::fs::read(&log).unwrap();
    assert!(bytes.len() > 40_000, "there is no write-ahead log");
    // Within a frame that others follow.
    let at = bytes.len() / 2;
    bytes[at] ^= 4;
    std::fs::write(&log, bytes).unwrap();
    let samlet = application.start(&[]);
    samlet.wait_for_log("write-ahead log");
    assert!(
        samlet.stderr().contains("is damaged"),
        "{}",
        samlet.stderr()
    );
}

#[test]
fn a_damaged_log_shows_all_that_is_left_of_it() {
    let application = Application::message_service(|template| template);
    let mut samlet = application.start(&[]);
    samlet.create(r#"{"title": "one"}"#);
    samlet.create(r#"{"title": "two"}"#);
    assert!(samlet.terminate().success());
    let mut folder = application
        .folder
        .path()
        .join(".samlet/logs/+aws+lambda+local-CreateMessageItem");
    while folder.is_dir() {
        let mut entries = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        folder = entries.find(|path| !path.ends_with("group.json")).unwrap();
    }
    let mut log = std::fs::read(&folder).unwrap();
    let lines = log.iter().filter(|byte| **byte == b'\n').count();
    // No UTF-8 any more, and no JSON.
    let second = log.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    log[second + 30] = 0xff;
    log[second] = b'!';
    log.truncate(log.len() - 5);
    std::fs::write(&folder, log).unwrap();
    let mut logs = Command::new(acceptance::samlet_binary());
    logs.current_dir(application.folder.path())
        .args(["logs", "CreateMessageItem"]);
    let output = logs.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(shown.lines().count(), lines - 2, "{shown}");
    assert!(said.contains("could not be read"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let application = Application::message_service(|template| template);
    // Not even root can write there.
    let mut command = application.command(&["--data-dir", "/proc/samlet"]);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("/proc/samlet") && said.contains("--data-dir"),
        "{said}"
    );
}
