//! The view of services: whatever they have, and however much of it.

use acceptance::{Application, Console};
use serde_json::json;

use crate::browser::Browser;
use crate::{BINARY, HOSTILE, TEMPLATE, axe, view};

/// A resource that a template may have, too.
const TABLE: &str = "
  Later:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
";

#[tokio::test(flavor = "multi_thread")]
async fn services_show_what_they_have_and_what_a_changed_template_adds() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    let console = Console::of(&samlet);
    browser.open(&view(&console, "services")).await;
    let lambda = "[data-testid=service][data-name=lambda]";
    browser
        .wait_for_text(lambda, ":function:local-Fixture")
        .await;
    browser.wait_for_text("without-resources", "DynamoDB").await;
    let path = application.folder.path().join("template.yaml");
    let template = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{template}{TABLE}")).unwrap();
    let dynamodb = "[data-testid=service][data-name=dynamodb]";
    browser.wait_for_text(dynamodb, ":table/local-Later").await;
    browser.fill("filter-search", "later").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=resource]').length === 1")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_resources_long_names_and_silent_services_leave_the_page_usable() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    browser.open(&view(&Console::of(&samlet), "services")).await;
    browser.wait_for_text("service", "local-Fixture").await;
    // What no service of this application has.
    let name = format!("{HOSTILE}{}", "long".repeat(200));
    let resource = json!({"kind": "thing", "name": name, "arn": name, "details": {HOSTILE: name}});
    let services = json!({"services": [
        {"name": "many", "title": "Many", "answered": true, "count": 1200, "resources": vec![resource; 1000]},
        {"name": "late", "title": "Late", "answered": false, "count": null, "resources": []},
    ]});
    browser
        .script(&format!(
            "const answer = JSON.stringify({services}); const real = window.fetch;
            window.fetch = (address, ...rest) => String(address).includes('api/services')
                ? Promise.resolve(new Response(answer)) : real(address, ...rest);"
        ))
        .await;
    browser.click("refresh").await;
    browser
        .wait_for_text("unlisted", "the first 1,000 of its 1,200")
        .await;
    browser
        .wait_for_text("[data-name=late]", "not answering")
        .await;
    assert_eq!(browser.count("resource").await, 100);
    browser.click("more-resources").await;
    browser
        .wait_until("return document.querySelectorAll('[data-testid=resource]').length === 200")
        .await;
    assert_eq!(browser.count("main img").await, 0);
    for width in [1280, 360] {
        browser.look(width, 800, "light").await;
        let found = browser.inaccessible(axe()).await;
        assert_eq!(found, Vec::<String>::new(), "{width}");
        let room =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(browser.script(room).await, 0, "{width}");
    }
    browser.close().await;
}
