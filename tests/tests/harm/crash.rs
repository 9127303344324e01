//! samlet is killed while clients write: what was acknowledged is there afterwards, whole.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Application, Samlet, block_on, functions_of, is_running, wait_until};
use serde_json::json;

use crate::{Client, amount, parsed};

const CLIENTS: usize = 6;

/// What a message's title may be: one state, or two while a request that
/// would change it has no answer; `None` is no message.
type Allowed = Vec<Option<String>>;

/// One client's own messages, and what it may find of them.
#[derive(Default)]
struct Writer {
    number: usize,
    written: usize,
    acknowledged: usize,
    messages: BTreeMap<String, Allowed>,
    /// Titles of creates without an answer: their ids are unknown.
    unanswered: Vec<String>,
}

impl Writer {
    /// A title that no other is like, from a few bytes to many pages long.
    fn title(&mut self, random: &mut fastrand::Rng) -> String {
        self.written += 1;
        let letter = random.lowercase().to_string();
        let length = 1 << random.usize(0..16);
        format!("{}-{} {}", self.number, self.written, letter.repeat(length))
    }

    /// Creates, updates and deletes until samlet is gone.
    fn write(&mut self, url: &str, is_killed: &AtomicBool, random: &mut fastrand::Rng) {
        let client = Client::new(url);
        loop {
            let known: Vec<&String> = self.messages.keys().collect();
            let id = random.choice(known).cloned();
            let kind = random.u8(0..4);
            let answered = match (kind, id) {
                (0, Some(id)) => self.delete(&client, &id),
                (1, Some(id)) => self.update(&client, &id, random),
                _ => self.create(&client, random),
            };
            if !answered {
                assert!(
                    is_killed.load(Ordering::SeqCst),
                    "no answer from a samlet that runs"
                );
                return;
            }
            self.acknowledged += 1;
        }
    }

    fn create(&mut self, client: &Client, random: &mut fastrand::Rng) -> bool {
        let title = self.title(random);
        let Some((status, text)) = client.send("POST", "/message", &body(&title)) else {
            self.unanswered.push(title);
            return false;
        };
        assert_eq!(status, 200, "{text}");
        let id = parsed(&text)["message"]["message_id"]
            .as_str()
            .unwrap()
            .to_owned();
        self.messages.insert(id, vec![Some(title)]);
        true
    }

    fn update(&mut self, client: &Client, id: &str, random: &mut fastrand::Rng) -> bool {
        let title = self.title(random);
        let path = format!("/message/{id}");
        let state = self.messages.get_mut(id).unwrap();
        let Some((status, text)) = client.send("PUT", &path, &body(&title)) else {
            if *state != [None] {
                state.push(Some(title));
            }
            return false;
        };
        // One that was deleted stays so.
        if *state == [None] {
            assert_eq!(status, 404, "{text}");
        } else {
            assert_eq!(status, 200, "{text}");
            *state = vec![Some(title)];
        }
        true
    }

    fn delete(&mut self, client: &Client, id: &str) -> bool {
        let state = self.messages.get_mut(id).unwrap();
        let Some((status, text)) = client.send("DELETE", &format!("/message/{id}"), "") else {
            state.push(None);
            return false;
        };
        assert!(status == 200 || *state == [None], "{status} {text}");
        *state = vec![None];
        true
    }

    /// How many of its requests have no answer.
    fn in_doubt(&self) -> usize {
        let doubtful = self.messages.values().filter(|allowed| allowed.len() > 1);
        doubtful.count() + self.unanswered.len()
    }

    /// Holds what it may find against what is there, which then is what it knows.
    fn verify(&mut self, found: &mut BTreeMap<String, String>) {
        for (id, allowed) in &mut self.messages {
            let title = found.remove(id);
            assert!(
                allowed.contains(&title),
                "message {id} is {:?}, may be {:?}",
                title.as_deref().map(start),
                allowed
                    .iter()
                    .map(|title| title.as_deref().map(start))
                    .collect::<Vec<_>>()
            );
            *allowed = vec![title];
        }
        self.messages.retain(|_, allowed| allowed[0].is_some());
        let unanswered = std::mem::take(&mut self.unanswered);
        found.retain(|id, title| {
            let is_own = unanswered.contains(title);
            if is_own {
                self.messages.insert(id.clone(), vec![Some(title.clone())]);
            }
            !is_own
        });
    }
}

fn body(title: &str) -> String {
    json!({ "title": title }).to_string()
}

fn start(title: &str) -> &str {
    title.get(..20).unwrap_or(title)
}

/// All messages' titles by id, from the table itself.
fn stored(samlet: &Samlet) -> BTreeMap<String, String> {
    let table = samlet.table("local", "local");
    let items = block_on(async {
        let scan = table
            .client
            .scan()
            .table_name(&table.name)
            .consistent_read(true);
        let pages = scan.into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await.unwrap()
    });
    let text = |item: &common::item::Item, name: &str| item[name].as_s().unwrap().clone();
    let pairs = items
        .iter()
        .map(|item| (text(item, "pk"), text(item, "title")));
    pairs.collect()
}

/// Has all write at once, and kills samlet, and with it its functions, meanwhile.
fn kill_while_it_is_written_to(
    samlet: &mut Samlet,
    writers: &mut [Writer],
    random: &mut fastrand::Rng,
) {
    let is_killed = AtomicBool::new(false);
    let url = samlet.api.clone();
    let seeds: Vec<u64> = writers.iter().map(|_| random.u64(..)).collect();
    let functions = std::thread::scope(|scope| {
        for (writer, seed) in writers.iter_mut().zip(seeds) {
            let (url, is_killed) = (&url, &is_killed);
            let mut random = fastrand::Rng::with_seed(seed);
            scope.spawn(move || writer.write(url, is_killed, &mut random));
        }
        std::thread::sleep(Duration::from_millis(random.u64(20..900)));
        let functions = functions_of(samlet.id());
        is_killed.store(true, Ordering::SeqCst);
        samlet.kill();
        functions
    });
    for function in functions {
        wait_until("functions end with samlet", || !is_running(function));
    }
}

fn kill_while_it_starts(application: &Application, random: &mut fastrand::Rng) {
    let mut command = application.command(&[]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut starting = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(random.u64(0..80)));
    starting.kill().unwrap();
    starting.wait().unwrap();
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let application = Application::message_service(|template| template);
    let mut writers: Vec<Writer> = (0..CLIENTS)
        .map(|number| Writer {
            number,
            ..Writer::default()
        })
        .collect();
    let mut starts = Vec::new();
    let mut in_doubt = 0;
    let rounds = amount(4, 60);
    let mut samlet = application.start(&[]);
    for round in 0..rounds {
        kill_while_it_is_written_to(&mut samlet, &mut writers, &mut random);
        if round % 3 == 2 {
            // Recovery is killed as well.
            kill_while_it_starts(&application, &mut random);
        }
        let began = Instant::now();
        samlet = application.start(&[]);
        starts.push(began.elapsed());
        let mut found = stored(&samlet);
        in_doubt += writers.iter().map(Writer::in_doubt).sum::<usize>();
        for writer in &mut writers {
            writer.verify(&mut found);
        }
        assert!(found.is_empty(), "nobody created {:?}", found.keys());
    }
    assert!(
        in_doubt > 0,
        "no request was in flight when samlet was killed"
    );
    let acknowledged: usize = writers.iter().map(|writer| writer.acknowledged).sum();
    starts.sort();
    println!(
        "crash: {rounds} kills, {acknowledged} writes acknowledged, {in_doubt} in flight; ready again in {:?} (median), {:?} (longest)",
        starts[starts.len() / 2],
        starts[starts.len() - 1]
    );
}
