//! A function for samlet's own tests: each request's path says how to behave.

#[path = "../abuse.rs"]
mod abuse;

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::exit;
use std::time::Duration;

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let is_broken = match std::env::var("FIXTURE_INIT").as_deref() {
        Ok("crash") => true,
        // The file lies beside the code.
        Ok("crash-while-broken") => std::path::Path::new("broken").exists(),
        Ok("ignore-sigterm") => return ignore_sigterm(),
        _ => false,
    };
    if is_broken {
        exit(3);
    }
    let api = format!(
        "http://{}/2018-06-01/runtime",
        std::env::var("AWS_LAMBDA_RUNTIME_API")?
    );
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    loop {
        let mut next = agent.get(format!("{api}/invocation/next")).call()?;
        let header = next.headers().get("lambda-runtime-aws-request-id");
        let id = header.ok_or("no request id")?.to_str()?;
        let url = format!("{api}/invocation/{id}");
        let event = serde_json::from_str(&next.body_mut().read_to_string()?)?;
        let agent = &agent;
        let invocation = Invocation { agent, url, event };
        let mode = invocation.mode();
        eprintln!("mode {mode}");
        if let Some(response) = behave(&mode, &invocation)? {
            invocation.answer(response)?;
        }
    }
}

/// Which environment this is, of all that there ever were, as a JSON string. Its process id would not say: another may
/// have the same.
fn environment() -> String {
    Value::from(std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").unwrap_or_default()).to_string()
}

struct Invocation<'a> {
    agent: &'a ureq::Agent,
    /// Its own in the Runtime API.
    url: String,
    event: Value,
}

impl Invocation<'_> {
    /// How to behave.
    fn mode(&self) -> String {
        if self.event["type"].is_string() {
            return "authorizer".to_owned();
        }
        let asked = self.event["pathParameters"]["mode"].as_str();
        std::env::var("FIXTURE_MODE").unwrap_or_else(|_| asked.unwrap_or_default().to_owned())
    }

    /// Sends the response; returns the status that it gets.
    fn answer(&self, response: String) -> Result<u16, ureq::Error> {
        let url = format!("{}/response", self.url);
        Ok(self.agent.post(url).send(response)?.status().as_u16())
    }

    fn fail(&self, error: &Value) -> Result<(), ureq::Error> {
        let url = format!("{}/error", self.url);
        self.agent.post(url).send(error.to_string())?;
        Ok(())
    }
}

/// The response; `None` if the invocation has been answered.
#[expect(
    clippy::too_many_lines,
    reason = "a list of behaviours, each a few lines long"
)]
fn behave(
    mode: &str,
    invocation: &Invocation<'_>,
) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let event = &invocation.event;
    let respond =
        |status: u16, body: String| json!({"statusCode": status, "body": body}).to_string();
    Ok(Some(match mode {
        "authorizer" => match authorize(event) {
            Some(answer) => answer.to_string(),
            None => {
                let error = json!({"errorType": "Error", "errorMessage": "Unauthorized"});
                invocation.fail(&error)?;
                return Ok(None);
            }
        },
        "memory" => {
            let hoard = vec![1u8; 400 * 1024 * 1024];
            std::thread::sleep(Duration::from_secs(1));
            respond(200, hoard.len().to_string())
        }
        "crash" => exit(1),
        "hang" => {
            std::thread::sleep(Duration::from_secs(60));
            String::new()
        }
        "error" => {
            invocation.fail(&json!({"errorType": "Oops", "errorMessage": "on purpose"}))?;
            return Ok(None);
        }
        // As an interpreter traces an error.
        "place" => {
            let place = "File \"/var/task/bootstrap\", line 7";
            eprintln!("{place}");
            let error = json!({"errorType": "Oops", "errorMessage": place, "stackTrace": [place]});
            invocation.fail(&error)?;
            return Ok(None);
        }
        "garbage" => "nonsense".to_owned(),
        "malformed" => json!({"status": 200}).to_string(),
        "big" => respond(200, "x".repeat(5_000_000)),
        "large" => respond(200, "x".repeat(7_000_000)),
        "environment" => {
            let variables: Value = std::env::vars()
                .map(|(name, value)| (name, json!(value)))
                .collect();
            respond(200, variables.to_string())
        }
        // What of a list of files and processes it can reach.
        "reach" => {
            let wishes = event["body"].as_str().unwrap_or_default();
            let wishes: Vec<[String; 2]> = serde_json::from_str(wishes)?;
            let tried = wishes.iter().map(|[how, what]| reach(how, what));
            respond(200, json!(tried.collect::<Vec<_>>()).to_string())
        }
        // What is in the folder for temporary files; leaves a file there.
        "tmp" => {
            let folder = std::env::temp_dir();
            let names = std::fs::read_dir(&folder)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<std::io::Result<Vec<_>>>()?;
            std::fs::write(folder.join("mine"), "")?;
            let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
            let mount = mounts.lines().rfind(|line| line.contains(" /tmp "));
            let tmp = json!({"folder": folder, "names": names, "mount": mount});
            respond(200, tmp.to_string())
        }
        "slow" => {
            std::thread::sleep(Duration::from_millis(300));
            respond(200, environment())
        }
        // Until the file beside the code is gone.
        "held" => {
            while std::path::Path::new("hold").exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
            respond(200, String::new())
        }
        "event" => respond(200, event.to_string()),
        // An HTTP API infers the response.
        "raw" => event.to_string(),
        "binary" => json!({
            "statusCode": 200,
            "headers": {"content-type": "image/png"},
            "body": "iVBORw==",
            "isBase64Encoded": true,
        })
        .to_string(),
        "loop" => loop {
            std::hint::spin_loop();
        },
        "leak" => leak(),
        "leak-later" => {
            std::thread::spawn(leak);
            respond(200, String::new())
        }
        "fork" => fork(event["body"].as_str().unwrap_or_default())?,
        "flood" => flood(b"all work and no play makes a dull log\n"),
        "flood-without-lines" => flood(b"all work and no play makes a dull log "),
        "twice" => {
            invocation.answer(respond(200, "first".to_owned()))?;
            let status = invocation.answer(respond(200, "second".to_owned()))?;
            eprintln!("the second answer got a {status}");
            return Ok(None);
        }
        "leave" => {
            invocation.answer(respond(200, String::new()))?;
            exit(0)
        }
        "abuse" => respond(200, abuse::runtime_api()?.to_string()),
        "pause" => {
            std::thread::sleep(Duration::from_millis(20));
            respond(200, environment())
        }
        _ => respond(200, environment()),
    }))
}

/// Takes more and more memory.
fn leak() -> String {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1u8; 1024 * 1024]);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts processes that outlive it if they may, one of them in a session of
/// its own, and waits; `seconds` is how long they live.
fn fork(seconds: &str) -> std::io::Result<String> {
    for _ in 0..50 {
        std::process::Command::new("sleep").arg(seconds).spawn()?;
    }
    std::process::Command::new("setsid")
        .args(["sleep", seconds])
        .spawn()?;
    eprintln!("forked");
    std::thread::sleep(Duration::from_secs(60));
    Ok(String::new())
}

/// Writes to its log as fast as that is taken.
fn flood(words: &[u8]) -> String {
    let words = words.repeat(1000);
    let mut log = std::io::stderr().lock();
    while log.write_all(&words).is_ok() {}
    String::new()
}

/// Goes on as a process that SIGTERM doesn't end.
fn ignore_sigterm() -> Result<(), Box<dyn std::error::Error>> {
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        .args(["-c", "trap '' TERM; exec \"$0\""])
        .arg(std::env::current_exe()?)
        .env("FIXTURE_INIT", "");
    Err(shell.exec().into())
}

/// Tries to reach a file or a process; says `reached`, or why not.
fn reach(how: &str, what: &str) -> String {
    let tried = match how {
        "read" => std::fs::read(what).map(drop),
        "write" => std::fs::write(what, "mine"),
        "remove" => std::fs::remove_file(what),
        "get" => return get(what),
        "run" => std::process::Command::new(what).output().map(drop),
        _ => {
            let pid = what.parse().ok().and_then(rustix::process::Pid::from_raw);
            let kill = |pid| rustix::process::kill_process(pid, rustix::process::Signal::USR1);
            pid.map_or(Ok(()), |pid| kill(pid).map_err(std::io::Error::from))
        }
    };
    match tried {
        Ok(()) => "reached".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Asks an address; says the status, or that there was no answer.
fn get(url: &str) -> String {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .into();
    match agent.get(url).call() {
        Ok(response) => response.status().as_u16().to_string(),
        Err(_) => "no answer".to_owned(),
    }
}

/// What an authorizer answers a token of `allow`, `deny`, `other`, `simple` or
/// `broken`; `None` raises `Unauthorized`.
fn authorize(event: &Value) -> Option<Value> {
    let token = event["authorizationToken"]
        .as_str()
        .or_else(|| event["headers"]["X-Token"].as_str())
        .or_else(|| event["identitySource"][0].as_str())?;
    let resource = event["methodArn"]
        .as_str()
        .or_else(|| event["routeArn"].as_str())?;
    let policy = |effect: &str, resource: &str| {
        let statement =
            json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource});
        json!({
            "principalId": "someone",
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "context": {"token": token, "number": 7, "process": environment()},
        })
    };
    Some(match token {
        "allow" => policy("Allow", resource),
        "deny" => policy("Deny", resource),
        "other" => policy("Allow", "arn:aws:execute-api:*:*:*/*/GET/elsewhere"),
        "simple" => json!({"isAuthorized": true, "context": {"list": [1]}}),
        "broken" => json!({"principalId": "someone"}),
        _ => return None,
    })
}
