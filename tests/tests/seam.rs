//! A service that is one line in samlet's list: everything that holds for DynamoDB and the others holds for it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::{Command, Output};

use acceptance::boto3::Who;
use acceptance::{Application, Console, Samlet, send};
use serde_json::{Value, json};

const SAMLET: &str = env!("CARGO_BIN_EXE_samlet-toy");

const FIXTURE: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023}
Resources:
  Main:
    Type: Toy::Bells::Bell
    Properties:
      BellName: main
      BellPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: chimes.example.com}
            Action: bells:Ring
            Resource: !Sub 'arn:aws:bells:${AWS::Region}:${AWS::AccountId}:bell/main'
            Condition: {ArnEquals: {aws:SourceArn: !Sub 'arn:aws:chimes:${AWS::Region}:${AWS::AccountId}:chime/hourly'}}
  Quiet:
    Type: Toy::Bells::Bell
    Properties: {BellName: quiet}
  Ringer:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {SERIAL: !GetAtt Main.Serial}}
      Policies:
        - Statement:
            - Effect: Allow
              Action: bells:Ring
              Resource: !Sub arn:${AWS::Partition}:bells:${AWS::Region}:${AWS::AccountId}:bell/*
              Condition: {NumericLessThan: {bells:Times: 3}}
      Events: {Any: {Type: HttpApi, Properties: {Path: '/ringer/{mode}', Method: get}}}
  Bystander:
    Type: AWS::Serverless::Function
    Properties:
      Events: {Any: {Type: HttpApi, Properties: {Path: '/bystander/{mode}', Method: get}}}
";

fn start() -> (Application, Samlet) {
    let application = Application::fixture(FIXTURE, TEMPLATE);
    let samlet = application.start_program(Path::new(SAMLET), &[]);
    (application, samlet)
}

/// A function, by the credentials that it has itself.
fn function(samlet: &Samlet, path: &str) -> Who {
    let (status, environment) = samlet.json("GET", path, None);
    assert_eq!(status, 200, "{environment}");
    Who::function(&environment)
}

fn ring(samlet: &Samlet, who: &Who, bell: &str, times: u64) -> Value {
    let parameters = json!({"Name": bell, "Times": times});
    who.call(samlet, "bells", "Ring", &parameters)
}

fn strike(samlet: &Samlet, chime: &str, bell: &str) -> Value {
    let parameters = json!({"Chime": chime, "Bell": bell});
    Who::developer().call(samlet, "chimes", "Strike", &parameters)
}

#[test]
fn an_sdk_finds_the_service_and_its_refusals() {
    let (_application, samlet) = start();
    let developer = Who::developer();
    let rung = ring(&samlet, &developer, "main", 2);
    assert_eq!(rung, json!({"Name": "main", "Count": 2}));
    let bells = developer.call(&samlet, "bells", "ListBells", &json!({}));
    assert_eq!(bells, json!({"Bells": ["main", "quiet"]}));
    for (bell, times, status, code) in [
        ("<none>", 1, 404, "NoSuchBell"),
        ("main", 13, 400, "InvalidParameterValue"),
    ] {
        let refused = ring(&samlet, &developer, bell, times);
        assert_eq!(refused["status"], status, "{refused}");
        assert_eq!(refused["Code"], code, "{refused}");
    }
    let unknown = developer.call(&samlet, "bells", "Melt", &json!({}));
    assert_eq!(unknown["Code"], "InvalidAction");
    let message = unknown["Message"].as_str().unwrap();
    assert_eq!(message, "samlet does not provide the Bells action Melt");
    let stranger = Who::with_keys("AKIAUNKNOWN", "x");
    let refused = ring(&samlet, &stranger, "main", 1);
    assert_eq!(refused["status"], 403);
    assert_eq!(refused["Code"], "InvalidClientTokenId");
    let guess = Who::with_keys("local", "guess");
    assert_eq!(
        ring(&samlet, &guess, "main", 1)["Code"],
        "SignatureDoesNotMatch"
    );
}

#[test]
fn a_request_without_a_signature_and_one_that_is_too_long_are_refused() {
    let (_application, samlet) = start();
    let post = |body: String| {
        let request = ureq::http::Request::post(format!("{}/", samlet.aws))
            .header("content-type", "application/x-www-form-urlencoded");
        let (status, _, body) = send(request.body(body.into_bytes()).unwrap());
        (status, String::from_utf8(body).unwrap())
    };
    let (status, body) = post("Action=Ring&Version=2026-11-27&Name=main".into());
    assert_eq!(status, 403);
    assert!(
        body.contains("<Code>MissingAuthenticationToken</Code>"),
        "{body}"
    );
    assert!(
        body.contains("xmlns=\"https://bells.example.com/doc/2026-11-27/\""),
        "{body}"
    );
    // Its own bound, and not another service's.
    let name = "x".repeat(5000);
    let (status, body) = post(format!("Action=Ring&Version=2026-11-27&Name={name}"));
    assert_eq!(status, 413);
    assert!(
        body.contains("Request must be smaller than 4096 bytes"),
        "{body}"
    );
}

#[test]
fn a_function_does_what_its_policies_allow_and_its_log_says_why_not() {
    let (_application, samlet) = start();
    let ringer = function(&samlet, "/ringer/environment");
    assert_eq!(ring(&samlet, &ringer, "quiet", 2)["Count"], 2);
    // The service's own condition key.
    let refused = ring(&samlet, &ringer, "quiet", 3);
    assert_eq!(refused["Code"], "AccessDenied", "{refused}");
    samlet.wait_for_log("allows it where NumericLessThan bells:Times: 3, which does not hold");

    let bystander = function(&samlet, "/bystander/environment");
    let refused = ring(&samlet, &bystander, "quiet", 1);
    assert_eq!(refused["status"], 403);
    assert_eq!(
        refused["Message"],
        "User: arn:aws:sts::123456789012:assumed-role/local-BystanderRole/local-Bystander is not authorized to \
         perform: bells:Ring on resource: arn:aws:bells:us-east-1:123456789012:bell/quiet because no identity-based \
         policy allows the bells:Ring action"
    );
    samlet.wait_for_log("Bystander ACCESS DENIED");
    samlet.wait_for_log("Action: bells:Ring");
    samlet.wait_for_log("Resource: !GetAtt Quiet.Arn");
}

#[test]
fn another_service_does_what_the_resources_policy_allows() {
    let (_application, samlet) = start();
    assert_eq!(strike(&samlet, "hourly", "main"), json!({"Count": 1}));
    for (chime, bell) in [("daily", "main"), ("hourly", "quiet")] {
        let refused = strike(&samlet, chime, bell);
        assert_eq!(refused["Code"], "AccessDeniedException", "{refused}");
        let message = refused["Message"].as_str().unwrap();
        let why = "because no resource-based policy allows the bells:Ring action";
        assert!(
            message.contains("chimes.example.com") && message.ends_with(why),
            "{message}"
        );
    }
    samlet.wait_for_log(
        "ACCESS DENIED: chimes.example.com is not allowed to perform bells:Ring on \
         arn:aws:bells:us-east-1:123456789012:bell/quiet for arn:aws:chimes:us-east-1:123456789012:chime/hourly",
    );
    samlet.wait_for_log("Principal: {Service: chimes.example.com}");
    samlet.wait_for_log(
        "Condition: {ArnEquals: {aws:SourceArn: 'arn:aws:chimes:us-east-1:123456789012:chime/hourly'}}",
    );
    // Neither refusal rang a bell.
    assert_eq!(ring(&samlet, &Who::developer(), "main", 1)["Count"], 2);
    assert_eq!(ring(&samlet, &Who::developer(), "quiet", 1)["Count"], 1);
}

#[test]
fn the_console_shows_its_resources() {
    let (_application, samlet) = start();
    ring(&samlet, &Who::developer(), "main", 3);
    let console = Console::of(&samlet);
    let listed = console.get("services");
    let services = listed["services"].as_array().unwrap();
    let bells = services.iter().find(|service| service["name"] == "bells");
    let bells = bells.unwrap();
    assert_eq!(bells["title"], "Bells");
    let main = &bells["resources"][0];
    assert_eq!(main["kind"], "bell");
    assert_eq!(main["name"], "main");
    assert_eq!(
        main["arn"],
        "arn:aws:bells:us-east-1:123456789012:bell/main"
    );
    assert_eq!(main["details"]["rung"], "3");
}

fn samlet(application: &Application, arguments: &[&str]) -> Output {
    let mut command = Command::new(SAMLET);
    command.current_dir(application.folder.path());
    command.args(arguments).output().unwrap()
}

#[test]
fn what_it_keeps_outlives_a_restart_and_not_a_reset() {
    let (application, mut running) = start();
    ring(&running, &Who::developer(), "main", 4);
    running.kill();
    let mut running = application.start_program(Path::new(SAMLET), &[]);
    assert_eq!(ring(&running, &Who::developer(), "main", 1)["Count"], 5);
    running.terminate();
    let output = samlet(&application, &["reset", "--yes"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("bells"), "{said}");
    assert!(!application.folder.path().join(".samlet/bells").exists());
}

#[test]
fn a_function_is_given_what_only_the_service_knows() {
    let (_application, samlet) = start();
    let (_, environment) = samlet.json("GET", "/ringer/environment", None);
    let serial = environment["SERIAL"].as_str().unwrap();
    let number = serial.strip_prefix("main-").unwrap();
    assert!(number.parse::<u32>().is_ok(), "{serial}");
}

#[test]
fn a_resource_that_leaves_the_template_stays_stored_and_is_listed() {
    let (application, mut samlet) = start();
    ring(&samlet, &Who::developer(), "quiet", 2);
    samlet.terminate();
    let without = TEMPLATE.replace(
        "  Quiet:\n    Type: Toy::Bells::Bell\n    Properties: {BellName: quiet}\n",
        "",
    );
    assert_ne!(without, TEMPLATE);
    std::fs::write(application.folder.path().join("template.yaml"), without).unwrap();
    let samlet = application.start_program(Path::new(SAMLET), &[]);
    let listed = Console::of(&samlet).get("services");
    let services = listed["services"].as_array().unwrap();
    let bells = services.iter().find(|service| service["name"] == "bells");
    let resources = bells.unwrap()["resources"].as_array().unwrap();
    let quiet = resources.iter().find(|known| known["name"] == "quiet");
    assert_eq!(quiet.unwrap()["details"]["rung"], "2", "{listed}");
    assert_eq!(ring(&samlet, &Who::developer(), "quiet", 1)["Count"], 3);
}

#[test]
fn a_misspelt_property_of_its_resource_is_found() {
    let misspelt = TEMPLATE.replace("BellPolicy:", "BelPolicy:");
    let application = Application::fixture(FIXTURE, &misspelt);
    let output = samlet(&application, &["validate"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("did you mean `BellPolicy`?"), "{said}");
}

#[test]
fn its_iam_actions_are_known_to_templates() {
    let misspelt = TEMPLATE.replace("bells:Ring", "bells:Rinng");
    let application = Application::fixture(FIXTURE, &misspelt);
    let output = samlet(&application, &["validate"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("bells has no action `Rinng`"), "{said}");
    assert!(said.contains("did you mean `bells:Ring`?"), "{said}");
}
