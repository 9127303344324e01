//! The console's page in a real browser: what people see, and what they can do.

#![allow(clippy::unwrap_used, missing_docs)]

mod browser;
mod services;

use std::sync::OnceLock;

use acceptance::{Application, Console, Samlet, repository, tool};
use browser::Browser;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 2
      Events:
        Any: {Type: Api, Properties: {Path: '/{mode}', Method: POST}}
";

/// The views, by what follows the `#`.
const VIEWS: [&str; 7] = [
    "", "requests", "metrics", "services", "tables", "logs", "policies",
];

/// Markup that would do harm if it were taken for such.
const HOSTILE: &str = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=2</script>";

/// The address of a view.
fn view(console: &Console, name: &str) -> String {
    format!("{}#/{name}", console.url)
}

/// A message service that has been in use: messages, something that was not
/// found, something that is refused.
fn used() -> (Application, Samlet) {
    let application = Application::message_service(|template| {
        template.replace("dynamodb:DeleteItem", "dynamodb:Query")
    });
    let samlet = application.start(&[]);
    let ids: Vec<String> = (0..12)
        .map(|n| samlet.create(&json!({"title": format!("Message {n}"), "stars": n}).to_string()))
        .collect();
    for id in &ids {
        samlet.request("GET", &format!("/message/{id}"), None);
    }
    samlet.request(
        "PUT",
        &format!("/message/{}", ids[0]),
        Some(r#"{"title": "Changed"}"#),
    );
    samlet.request("GET", "/message/none", None);
    samlet.request("DELETE", &format!("/message/{}", ids[1]), None);
    samlet.request("GET", "/nowhere", None);
    (application, samlet)
}

/// The accessibility checker's own code.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let folders = tool("python").ancestors().nth(2).unwrap().join("lib");
        let python = std::fs::read_dir(folders).unwrap().next().unwrap().unwrap();
        let script = python
            .path()
            .join("site-packages/axe_playwright_python/axe.min.js");
        std::fs::read_to_string(script).unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_says_which_function_failed_why_and_what_to_change() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    browser.open(&Console::of(&samlet).url).await;
    browser.wait_for_text("failures", "DeleteMessageItem").await;
    let said = browser.text("failures").await;
    for word in [
        "is not authorized to perform: dynamodb:DeleteItem",
        "Add the statement below at template.yaml:",
        "Action: dynamodb:DeleteItem",
        "Resource: !GetAtt DynamoDBTable.Arn",
    ] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    // The picture has every part, and what flows between them.
    for (part, count) in [("node-route", 4), ("node-function", 4), ("node-table", 1)] {
        assert_eq!(browser.count(part).await, count, "{part}");
    }
    // Each API's contract is a link away.
    let title = "return fetch(document.querySelector('[data-testid=api] a').href)
        .then(answer => answer.json()).then(contract => contract.info.title)";
    assert_eq!(browser.script(title).await, "Hello Serverless");
    // And the request tells the rest.
    browser.click("[data-function=DeleteMessageItem] a").await;
    browser
        .wait_for_text("remedy", "Action: dynamodb:DeleteItem")
        .await;
    browser
        .wait_for_text("waterfall", "dynamodb DeleteItem")
        .await;
    browser
        .wait_for_text("request-logs", "REPORT RequestId")
        .await;
    browser
        .wait_for_text("event", "\"httpMethod\": \"DELETE\"")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_request_says_which_part_was_slow() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    samlet.request("POST", "/who", None);
    samlet.request("POST", "/slow", None);
    samlet.request("POST", "/hang", None);
    let console = Console::of(&samlet);
    browser.open(&view(&console, "requests?search=slow")).await;
    browser.click("[data-testid=request] a").await;
    browser
        .wait_for_text("verdict", "in the code of Fixture")
        .await;
    browser.open(&view(&console, "requests?search=hang")).await;
    browser.click("[data-testid=request] a").await;
    browser
        .wait_for_text("failure", "Fixture was stopped at its Timeout of 2")
        .await;
    browser.open(&view(&console, "requests?search=who")).await;
    browser.click("[data-testid=request] a").await;
    browser.wait_for_text("waterfall", "Init").await;
    browser.wait_for_text("verdict", "(cold start)").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_as_text_everywhere() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::message_service(|template| template);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let body = json!({"title": HOSTILE, HOSTILE: HOSTILE}).to_string();
    samlet.create(&body);
    samlet.request("POST", "/message", Some(HOSTILE));
    samlet.request(
        "GET",
        "/%3Cimg%20src=x%20onerror=%22window.harmed=3%22%3E",
        None,
    );
    let log = application.folder.path().join("event.json");
    std::fs::write(&log, json!({"body": HOSTILE}).to_string()).unwrap();
    let newest = console.get("requests?search=POST&limit=10");
    let ids = newest["requests"].as_array().unwrap().iter();
    let mut views: Vec<String> = VIEWS.iter().map(ToString::to_string).collect();
    views.extend(ids.map(|request| format!("requests/{}", request["id"].as_str().unwrap())));
    for name in views {
        browser.open(&view(&console, &name)).await;
        browser
            .wait_until("return document.querySelector('h1') !== null")
            .await;
        browser
            .wait_until("return !document.body.innerText.includes('Loading')")
            .await;
        assert_eq!(
            browser.script("return window.harmed ?? null").await,
            Value::Null
        );
        assert_eq!(browser.count("main img").await, 0, "{name}");
        assert_eq!(browser.count("main script").await, 0, "{name}");
    }
    browser.open(&view(&console, "tables")).await;
    browser.wait_for_text("items", HOSTILE).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_token_the_page_shows_nothing() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    for query in ["", "?token=wrong"] {
        browser
            .open(&format!("{}/_samlet/{query}", samlet.aws))
            .await;
        let said = browser.text("body").await;
        assert!(
            said.contains("open the address that samlet start printed"),
            "{said}"
        );
        assert!(!said.contains("Fixture"));
    }
    browser.close().await;
}

/// Requests from four clients at once.
fn send_ten_thousand(samlet: &Samlet) {
    let send = || {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        for n in 0..2500 {
            // Some with a function, most without.
            let url = match n % 10 {
                0 => format!("{}/who", samlet.api),
                _ => format!("{}/a/b/{n}", samlet.api),
            };
            let mut answer = agent.post(url).send("{}").unwrap();
            answer.body_mut().read_to_vec().unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(send);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_live_under_load_and_stays_small() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    browser.open(&view(&console, "requests")).await;
    browser.wait_for_text("body", "No requests yet").await;
    send_ten_thousand(&samlet);
    browser.wait_for_text("request-count", "10,000").await;
    let rows = browser.count("request").await;
    assert!((1..=200).contains(&rows), "{rows}");
    for _ in 0..3 {
        browser.click("load-older").await;
    }
    let rows = browser.count("request").await;
    assert!((201..=1000).contains(&rows), "{rows}");
    let elements = browser
        .script("return document.querySelectorAll('*').length")
        .await;
    assert!(elements.as_u64().unwrap() < 20_000, "{elements}");

    // Filters, and a pause.
    browser.fill("filter-search", "/who").await;
    browser.wait_until("return [...document.querySelectorAll('[data-testid=request]')].every((row) => row.innerText.includes('/who'))").await;
    browser.fill("filter-search", "/none-of-these").await;
    browser.wait_for_text("empty", "No request matches").await;
    browser.fill("filter-search", " ").await;
    browser.click("filter-failed").await;
    browser
        .wait_for_text("requests", "no route has this method and path")
        .await;
    browser.click("filter-failed").await;
    browser.click("pause").await;
    samlet.request("POST", "/environment", None);
    browser.wait_for_text("pause", "1 newer").await;
    assert!(!browser.text("requests").await.contains("/environment"));
    browser.click("pause").await;
    browser.wait_for_text("requests", "/environment").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_replayed_and_its_event_saved_by_buttons() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    samlet.request("POST", "/event", Some("again"));
    browser.open(&view(&console, "requests")).await;
    browser.click("[data-testid=request] a").await;
    browser.click("save-event").await;
    browser
        .wait_for_text("outcome", "events/Fixture-event.json")
        .await;
    assert!(
        application
            .folder
            .path()
            .join("events/Fixture-event.json")
            .is_file()
    );
    let first = browser.script("return location.hash").await;
    browser.click("replay").await;
    browser
        .wait_until(&format!("return location.hash !== {first}"))
        .await;
    browser.wait_for_text("event", "\"body\": \"again\"").await;
    assert_eq!(console.get("requests")["total"], 2);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_found_made_changed_and_deleted() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    let console = Console::of(&samlet);
    let id = samlet.create(r#"{"title": "Look for me"}"#);
    browser.open(&view(&console, "tables")).await;
    browser.wait_for_text("items", "Look for me").await;
    browser.fill("filter-key", &id).await;
    browser.click("find").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=item]').length === 1")
        .await;
    browser.click("edit-item").await;
    browser.fill("item-text", "{").await;
    browser.click("save-item").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=item-problems] li').length > 0")
        .await;
    let item = json!({"pk": {"S": id}, "sk": {"S": "v0"}, "title": {"S": "Found"}});
    browser.fill("item-text", &item.to_string()).await;
    browser.click("save-item").await;
    browser.wait_for_text("items", "Found").await;
    let (_, read) = samlet.json("GET", &format!("/message/{id}"), None);
    assert_eq!(read["message"]["title"], "Found");
    browser.click("delete-item").await;
    browser.click("confirm-delete").await;
    browser
        .wait_for_text("empty", "No item has this partition key")
        .await;
    assert_eq!(
        samlet.request("GET", &format!("/message/{id}"), None).0,
        404
    );
    browser.click("new-item").await;
    browser.fill("item-text", &item.to_string()).await;
    browser.click("save-item").await;
    browser.wait_for_text("items", "Found").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_items_are_turned() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::message_service(|template| template);
    let samlet = application.start(&[]);
    for n in 0..60 {
        samlet.create(&json!({"n": n}).to_string());
    }
    browser.open(&view(&Console::of(&samlet), "tables")).await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=item]').length === 50")
        .await;
    browser.click("next-page").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=item]').length === 10")
        .await;
    browser.click("previous-page").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=item]').length === 50")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_come_as_they_are_written_and_are_searched() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    samlet.request("POST", "/first", None);
    browser.open(&view(&console, "logs")).await;
    browser.wait_for_text("log", "mode first").await;
    samlet.request("POST", "/second", None);
    browser.wait_for_text("log", "mode second").await;
    // An invocation's lines lead to its request.
    browser.click("[data-testid=log-line] a").await;
    browser.wait_for_text("request-logs", "mode ").await;
    browser.open(&view(&console, "logs")).await;
    browser.fill("filter-pattern", "mode").await;
    browser.press("\u{e007}").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=log-line]').length === 2")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_and_policies_tell_of_what_functions_did() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    let console = Console::of(&samlet);
    browser
        .open(&view(&console, "metrics?function=CreateMessageItem"))
        .await;
    for name in [
        "invocations",
        "errors",
        "duration",
        "cold-starts",
        "concurrency",
        "memory",
    ] {
        browser
            .wait_until(&format!(
                "return document.querySelector('[data-testid=chart-{name}] canvas') !== null"
            ))
            .await;
    }
    browser
        .wait_for_text("chart-invocations", "12 in all")
        .await;
    browser.wait_for_text("totals", "RetrieveMessageItem").await;
    browser.open(&view(&console, "policies")).await;
    for text in ["DeleteMessageItem", "CreateMessageItem", "dynamodb:Query"] {
        browser.wait_for_text("main", text).await;
    }
    // What was refused comes first.
    let policies = browser.text("main").await;
    assert!(
        policies.find("DeleteMessageItem") < policies.find("CreateMessageItem"),
        "{policies}"
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_application_says_what_to_do() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    for (name, says) in [
        ("", "curl -s -X POST"),
        ("requests", "No requests yet"),
        ("metrics", "was not invoked"),
        ("services", "Without resources: DynamoDB"),
        ("tables", "This application declares no table"),
        ("logs", "No lines"),
        ("policies", "Fixture"),
        ("requests/none", "is not kept"),
        ("elsewhere", "There is no such view"),
    ] {
        browser.open(&view(&console, name)).await;
        browser.open(&view(&console, name)).await;
        let says = says.replace(" -X POST", "");
        browser.wait_for_text("main", &says).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_goes_on_when_samlet_is_started_again() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    let port = samlet.aws.rsplit(':').next().unwrap().to_owned();
    browser.open(&view(&console, "requests")).await;
    browser
        .wait_until(
            "return document.querySelector('[data-testid=connection]')?.dataset.state === 'live'",
        )
        .await;
    drop(samlet);
    browser
        .wait_until(
            "return document.querySelector('[data-testid=connection]')?.dataset.state === 'gone'",
        )
        .await;
    let again = application.start(&["--aws-port", &port]);
    browser
        .wait_until(
            "return document.querySelector('[data-testid=connection]')?.dataset.state === 'live'",
        )
        .await;
    again.request("POST", "/who", None);
    browser.wait_for_text("requests", "POST /who").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reached_by_the_keyboard() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    browser.open(&Console::of(&samlet).url).await;
    browser.wait_for_text("failures", "DeleteMessageItem").await;
    browser.script("document.activeElement.blur()").await;
    browser.press(TAB).await;
    let focused = || browser.script("return document.activeElement.innerText");
    assert_eq!(focused().await, "Skip to the content");
    let mut steps = 0;
    while focused().await != "Requests" {
        browser.press(TAB).await;
        steps += 1;
        assert!(steps < 10);
    }
    browser.press(ENTER).await;
    browser.wait_for_text("requests", "DELETE /message/").await;
    while !focused()
        .await
        .as_str()
        .is_some_and(|text| text.starts_with("DELETE /message/"))
    {
        browser.press(TAB).await;
        steps += 1;
        assert!(steps < 40);
    }
    // Where the focus is can be seen.
    let outline = browser
        .script("return getComputedStyle(document.activeElement).outlineStyle")
        .await;
    assert_ne!(outline, "none");
    browser.press(ENTER).await;
    browser.wait_for_text("remedy", "dynamodb:DeleteItem").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_accessible_in_light_and_dark_on_wide_and_narrow_screens() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    let console = Console::of(&samlet);
    let list = console.get("requests?failed=true");
    let failed = list["requests"].as_array().unwrap().iter();
    let mut views: Vec<String> = VIEWS.iter().map(ToString::to_string).collect();
    views.extend(failed.map(|request| format!("requests/{}", request["id"].as_str().unwrap())));
    for (width, scheme) in [
        (1280, "light"),
        (1280, "dark"),
        (360, "light"),
        (360, "dark"),
    ] {
        browser.look(width, 800, scheme).await;
        for name in &views {
            browser.open(&view(&console, name)).await;
            browser
                .wait_until("return document.querySelector('h1') !== null")
                .await;
            browser
                .wait_until("return !document.body.innerText.includes('Loading')")
                .await;
            let found = browser.inaccessible(axe()).await;
            assert_eq!(found, Vec::<String>::new(), "{name} {width} {scheme}");
            let room = browser
                .script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                .await;
            assert_eq!(room, 0, "{name} is wider than a screen of {width}");
        }
    }
    browser.close().await;
}

/// `SCREENSHOTS=overwrite` writes those of the README anew: look at them.
#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_screenshots_are_of_this_page() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (_application, samlet) = used();
    let console = Console::of(&samlet);
    let refused = console.get("requests?failed=true&function=DeleteMessageItem");
    let refused = refused["requests"][0]["id"].as_str().unwrap();
    let request = format!("requests/{refused}");
    let folder = repository().join("docs/images");
    for (name, address, scheme, part) in [
        ("console", "", "light", "failures"),
        ("console-dark", "", "dark", "failures"),
        ("console-request", &request, "light", "waterfall"),
    ] {
        browser.look(1200, 860, scheme).await;
        browser.open(&view(&console, address)).await;
        browser.text(part).await;
        browser
            .wait_until("return !document.body.innerText.includes('Loading')")
            .await;
        let picture = browser.screenshot().await;
        assert!(picture.starts_with(b"\x89PNG"));
        let path = folder.join(format!("{name}.png"));
        if std::env::var("SCREENSHOTS").is_ok_and(|what| what == "overwrite") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, picture).unwrap();
        }
        assert!(path.is_file(), "{} is missing", path.display());
    }
    browser.close().await;
}
