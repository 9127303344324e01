//! Three times the load there is room for: most of what can be served is, the rest is refused at once, and then it is over.
//!
//! The load is open-loop: a request is sent at its time, whether or not others have come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Application, PATIENCE, Samlet, block_on, skip, wait_until};
use aws_credential_types::Credentials;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::sync::Semaphore;

use crate::{BINARY, amount};

const HEAD: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:";

const FUNCTION: &str = "
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 25
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: GET}}
";

/// How soon a refusal comes: at once, where waiting in vain would take 28 s.
const QUICK: Duration = Duration::from_secs(10);

type Http = Client<HttpConnector, Empty<&'static [u8]>>;

#[derive(Debug)]
struct Outcome {
    status: u16,
    body: String,
    took: Duration,
}

impl Outcome {
    fn is_served(&self) -> bool {
        self.status == 200
    }
}

fn client() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

async fn send(client: &Http, url: &str) -> Outcome {
    let began = Instant::now();
    let answer = client.get(url.parse().unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Outcome {
        status,
        body: String::from_utf8(body.to_vec()).unwrap(),
        took: began.elapsed(),
    }
}

/// What so many clients are served in a second that each wait for their answers.
async fn most(url: &str, clients: usize, duration: Duration) -> f64 {
    let client = client();
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (client, url) = (client.clone(), url.to_owned());
        tasks.spawn(async move {
            let mut served = 0u32;
            while began.elapsed() < duration {
                let outcome = send(&client, &url).await;
                assert!(outcome.is_served(), "{outcome:?}");
                served += 1;
            }
            served
        });
    }
    let served: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(served) / began.elapsed().as_secs_f64()
}

/// Connections at most: samlet takes 4,096, and further ones wait to be taken.
const MOST_CONNECTIONS: usize = 3_000;

/// What becomes of this many requests a second, as far as there are connections: for this long, and for longer if none
/// is refused until then, since how soon that happens depends on the machine.
async fn offer(url: &str, per_second: f64, duration: Duration) -> Vec<Outcome> {
    let client = client();
    let began = Instant::now();
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let refused = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    let mut sent = 0u32;
    while began.elapsed() < duration
        || refused.load(Ordering::Relaxed) == 0 && began.elapsed() < PATIENCE
    {
        let due = began + Duration::from_secs_f64(f64::from(sent) / per_second);
        tokio::time::sleep_until(due.into()).await;
        let (client, url) = (client.clone(), url.to_owned());
        let connection = Arc::clone(&connections).acquire_owned().await.unwrap();
        let refused = Arc::clone(&refused);
        tasks.spawn(async move {
            let outcome = send(&client, &url).await;
            refused.fetch_add(usize::from(!outcome.is_served()), Ordering::Relaxed);
            drop(connection);
            outcome
        });
        sent += 1;
    }
    tasks.join_all().await
}

/// Each is served, or refused as API Gateway refuses what Lambda throttles, at once.
fn check(outcomes: &[Outcome]) {
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_served()) {
        assert_eq!(
            (outcome.status, outcome.body.as_str()),
            (
                500,
                r#"{"message": "Internal server error"}"#.replace(": ", ":").as_str()
            )
        );
        assert!(outcome.took < QUICK, "refused after {:?}", outcome.took);
    }
}

/// Offers three times the most; prints what share of the most is served, and gives how many are refused.
async fn overload(samlet: &Samlet, path: &str, clients: usize, duration: Duration) -> usize {
    let url = format!("{}{path}", samlet.api);
    let most = most(
        &url,
        clients,
        amount(Duration::from_secs(2), Duration::from_secs(10)),
    )
    .await;
    let began = Instant::now();
    let outcomes = offer(&url, 3.0 * most, duration).await;
    // Until all that waited have been served, too.
    let seconds = began.elapsed().as_secs_f64();
    check(&outcomes);
    let served = outcomes.iter().filter(|outcome| outcome.is_served());
    let served = u32::try_from(served.count()).unwrap();
    let refused = outcomes.len() - usize::try_from(served).unwrap();
    let slowest = outcomes.iter().filter(|outcome| !outcome.is_served());
    let slowest = slowest.map(|outcome| outcome.took).max();
    let began = Instant::now();
    let after = send(&client(), &url).await;
    assert!(after.is_served(), "{after:?}");
    let ratio = f64::from(served) / (most * seconds);
    println!(
        "overload {path}: at most {most:.0}/s; {:.0}/s offered for {duration:?}: goodput {:.0} %, {refused} refused within {slowest:?}; an answer {:?} after",
        3.0 * most,
        100.0 * ratio,
        began.elapsed()
    );
    refused
}

#[test]
fn three_times_the_load_is_served_in_part_and_refused_in_part() {
    let application = Application::fixture(BINARY, &(HEAD.to_owned() + FUNCTION));
    let samlet = application.start(&["--max-environments", "4"]);
    let duration = amount(Duration::from_secs(9), Duration::from_secs(60));
    block_on(async {
        let (refused, throttled) = tokio::join!(
            overload(&samlet, "/slow", 4, duration),
            first_throttled(&samlet)
        );
        assert!(refused > 0, "nothing was refused");
        assert_eq!(
            throttled.as_deref(),
            Some("ConcurrentInvocationLimitExceeded")
        );
    });
}

/// samlet and its functions have one processor, and the load another: what the
/// load itself takes would else be taken from what is measured.
#[test]
fn more_requests_than_a_processor_can_take_are_refused_in_part() {
    let all = sched_getaffinity(None).unwrap();
    let mut processors = (0..CpuSet::MAX_CPU).filter(|id| all.is_set(*id));
    let (Some(ours), Some(loads)) = (processors.next(), processors.next()) else {
        skip("overload is not tested: samlet and its load need a processor each");
        return;
    };
    let application = Application::fixture(BINARY, &(HEAD.to_owned() + FUNCTION));
    keep_to(ours);
    let samlet = application.start(&[]);
    keep_to(loads);
    let duration = amount(Duration::from_secs(3), Duration::from_secs(30));
    let began = Instant::now();
    let refused = block_on(overload(&samlet, "/who", 8, duration));
    // Ten a second are told one by one, of the others how many there were.
    let log = || samlet.stderr();
    let told = || log().matches("Rate Exceeded.").count();
    let counted = || {
        let log = log();
        let counts = log.lines().filter_map(|line| {
            let (before, _) = line.split_once(" more requests were refused")?;
            before.rsplit(' ').next()?.parse::<usize>().ok()
        });
        counts.sum::<usize>()
    };
    wait_until("every refusal is told or counted", || {
        told() + counted() >= refused
    });
    assert_eq!(told() + counted(), refused);
    let seconds = began.elapsed().as_secs();
    assert!(told() as u64 <= 20 * (seconds + 1), "{}", told());
}

/// To start an environment takes as long as many invocations: functions must
/// not take their environments from each other for each.
#[test]
fn functions_that_share_too_few_environments_let_each_other_keep_them() {
    let functions = (0..4).map(|n| {
        let function = FUNCTION.replace("Fixture:", &format!("Fixture{n}:"));
        function.replace("/{mode}", &format!("/{n}/{{mode}}"))
    });
    let template = HEAD.to_owned() + &functions.collect::<String>();
    let application = Application::fixture(BINARY, &template);
    let samlet = application.start(&["--max-environments", "8"]);
    let duration = amount(Duration::from_secs(3), Duration::from_secs(20));
    let served = block_on(async {
        let (client, began) = (client(), Instant::now());
        let mut tasks = tokio::task::JoinSet::new();
        for seed in 0..64 {
            let (client, api) = (client.clone(), samlet.api.clone());
            let mut random = fastrand::Rng::with_seed(seed);
            tasks.spawn(async move {
                let mut served = 0;
                while began.elapsed() < duration {
                    let url = format!("{api}/{}/who", random.u8(0..4));
                    let outcome = send(&client, &url).await;
                    assert!(outcome.is_served(), "{outcome:?}");
                    served += 1;
                }
                served
            });
        }
        tasks.join_all().await.into_iter().sum::<usize>()
    });
    let started = samlet.stderr().matches("INIT_START").count();
    println!("overload: {served} served for 4 functions by 8 environments; {started} were started");
    assert!(started < 8 + served / 10, "{started} for {served}");
}

/// Has this thread, and what it starts, run on one processor.
fn keep_to(processor: usize) {
    let mut only = CpuSet::new();
    only.set(processor);
    sched_setaffinity(None, &only).unwrap();
}

/// Invokes until Lambda's own API throttles; gives its reason.
async fn first_throttled(samlet: &Samlet) -> Option<String> {
    let configuration = aws_sdk_lambda::Config::builder()
        .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
        .region(aws_sdk_lambda::config::Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(&samlet.aws)
        .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let lambda = aws_sdk_lambda::Client::from_conf(configuration);
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let invoke = lambda.invoke().function_name("local-Fixture");
        let Err(error) = invoke.send().await else {
            continue;
        };
        let error = error.into_service_error();
        if let aws_sdk_lambda::operation::invoke::InvokeError::TooManyRequestsException(error) =
            error
        {
            return Some(error.reason()?.as_str().to_owned());
        }
        panic!("{error:?}");
    }
    None
}
