//! The AWS SDK for Rust, which must not notice the difference in any service.

#![allow(clippy::unwrap_used, missing_docs)]

use acceptance::{Application, Samlet, block_on};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{Delete, Put, ReturnValue, TransactWriteItem};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};

const BINARY: &str = env!("CARGO_BIN_EXE_fixture-function");

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Fixture:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: function, Handler: bootstrap, Runtime: provided.al2023, ReservedConcurrentExecutions: 1, Timeout: 60}
  Table:
    Type: AWS::Serverless::SimpleTable
";

/// The configuration of a service's client, as somebody who may do everything.
macro_rules! config {
    ($service:ident, $samlet:expr, $key:expr) => {
        $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new("us-east-1"))
            .credentials_provider(Credentials::new($key, "local", None, None, "test"))
            .endpoint_url(&$samlet.aws)
            .retry_config($service::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    };
}

fn start() -> (Application, Samlet) {
    let application = Application::fixture(BINARY, TEMPLATE);
    let samlet = application.start(&[]);
    (application, samlet)
}

#[test]
fn dynamodb_reads_writes_and_refuses() {
    let (_application, samlet) = start();
    let client = aws_sdk_dynamodb::Client::from_conf(config!(aws_sdk_dynamodb, samlet, "local"));
    let table = "local-Table";
    block_on(async {
        let put = client.put_item().table_name(table);
        put.item("id", S("a".into()))
            .item("n", N("1".into()))
            .send()
            .await
            .unwrap();
        let update = client
            .update_item()
            .table_name(table)
            .key("id", S("a".into()));
        let updated = update
            .update_expression("ADD n :one")
            .expression_attribute_values(":one", N("1".into()))
            .return_values(ReturnValue::UpdatedNew);
        let updated = updated.send().await.unwrap();
        assert_eq!(updated.attributes.unwrap()["n"], N("2".into()));

        let scanned = client
            .scan()
            .table_name(table)
            .into_paginator()
            .items()
            .send();
        let items: Vec<_> = scanned.collect::<Result<_, _>>().await.unwrap();
        assert_eq!(items.len(), 1);

        let condition = "attribute_not_exists(id)";
        let again = client
            .put_item()
            .table_name(table)
            .item("id", S("a".into()));
        let again = again
            .condition_expression(condition)
            .send()
            .await
            .unwrap_err();
        assert!(
            again
                .into_service_error()
                .is_conditional_check_failed_exception()
        );

        let codes = cancelled_transaction(&client, table).await;
        assert_eq!(codes, ["None", "ConditionalCheckFailed"]);

        let missing = client
            .get_item()
            .table_name("none")
            .key("id", S("a".into()));
        let missing = missing.send().await.unwrap_err().into_service_error();
        assert!(missing.is_resource_not_found_exception(), "{missing:?}");
    });
}

/// Puts one item and deletes another that should not be there: the code for each.
async fn cancelled_transaction(client: &aws_sdk_dynamodb::Client, table: &str) -> Vec<String> {
    let put = Put::builder().table_name(table).item("id", S("b".into()));
    let delete = Delete::builder().table_name(table).key("id", S("a".into()));
    let delete = delete
        .condition_expression("attribute_not_exists(id)")
        .build()
        .unwrap();
    let transaction = client
        .transact_write_items()
        .transact_items(
            TransactWriteItem::builder()
                .put(put.build().unwrap())
                .build(),
        )
        .transact_items(TransactWriteItem::builder().delete(delete).build());
    let error = transaction.send().await.unwrap_err().into_service_error();
    let reasons = match error {
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
            canceled,
        ) => canceled.cancellation_reasons.unwrap(),
        other => panic!("{other:?}"),
    };
    let codes = reasons.iter().map(|reason| reason.code().unwrap());
    codes.map(str::to_owned).collect()
}

#[test]
fn lambda_invokes_describes_and_refuses() {
    let (application, samlet) = start();
    let client = aws_sdk_lambda::Client::from_conf(config!(aws_sdk_lambda, samlet, "local"));
    let hold = application.folder.path().join("function/hold");
    std::fs::write(&hold, "").unwrap();
    let event = |mode: &str| Blob::new(format!(r#"{{"pathParameters":{{"mode":"{mode}"}}}}"#));
    block_on(async {
        let invoke = || client.invoke().function_name("local-Fixture");
        let answer = invoke()
            .payload(event("raw"))
            .log_type(LogType::Tail)
            .send()
            .await
            .unwrap();
        assert_eq!((answer.status_code, answer.function_error()), (200, None));
        assert_eq!(answer.executed_version(), Some("$LATEST"));
        assert!(answer.log_result().is_some_and(|log| !log.is_empty()));
        assert_eq!(answer.payload().unwrap(), &event("raw"));

        let failed = invoke().payload(event("error")).send().await.unwrap();
        assert_eq!(failed.function_error(), Some("Unhandled"));
        // One at a time: before the event, which nobody waits for.
        let held = tokio::spawn(invoke().payload(event("held")).send());
        samlet.wait_for_log("mode held");
        let throttled = invoke().payload(event("raw")).send().await;
        let throttled = throttled.unwrap_err().into_service_error();
        assert!(throttled.is_too_many_requests_exception(), "{throttled:?}");
        std::fs::remove_file(&hold).unwrap();
        held.await.unwrap().unwrap();
        let accepted = invoke()
            .invocation_type(InvocationType::Event)
            .payload(event("raw"));
        assert_eq!(accepted.send().await.unwrap().status_code, 202);
        let dry = invoke()
            .invocation_type(InvocationType::DryRun)
            .send()
            .await
            .unwrap();
        assert_eq!(dry.status_code, 204);

        let functions = client
            .list_functions()
            .send()
            .await
            .unwrap()
            .functions
            .unwrap();
        assert_eq!(functions[0].function_name(), Some("local-Fixture"));
        let function = client
            .get_function_configuration()
            .function_name("local-Fixture");
        let function = function.send().await.unwrap();
        assert_eq!(function.ephemeral_storage().unwrap().size, 512);
        refusals_of_lambda(&client).await;
    });
}

async fn refusals_of_lambda(client: &aws_sdk_lambda::Client) {
    let invoke = || client.invoke().function_name("local-Fixture");
    let missing = client
        .invoke()
        .function_name("none")
        .send()
        .await
        .unwrap_err();
    assert!(
        missing
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let broken = invoke().payload(Blob::new("{")).send().await.unwrap_err();
    assert!(
        broken
            .into_service_error()
            .is_invalid_request_content_exception()
    );
    let large = invoke()
        .payload(Blob::new("1".repeat(6_291_457)))
        .send()
        .await
        .unwrap_err();
    // Not the class that the model has: Lambda itself answers so.
    let large = large.into_service_error();
    assert_eq!(large.meta().code(), Some("RequestEntityTooLargeException"));
}

#[test]
fn logs_are_written_found_and_refused() {
    let (_application, samlet) = start();
    let client =
        aws_sdk_cloudwatchlogs::Client::from_conf(config!(aws_sdk_cloudwatchlogs, samlet, "local"));
    block_on(async {
        let create = || client.create_log_group().log_group_name("group");
        create().send().await.unwrap();
        let again = create().send().await.unwrap_err().into_service_error();
        assert!(again.is_resource_already_exists_exception(), "{again:?}");
        let stream = client
            .create_log_stream()
            .log_group_name("group")
            .log_stream_name("stream");
        stream.send().await.unwrap();
        let event = |text: &str| {
            let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder();
            event.timestamp(1).message(text).build().unwrap()
        };
        let put = client
            .put_log_events()
            .log_group_name("group")
            .log_stream_name("stream");
        let put = put
            .log_events(event("one"))
            .log_events(event(r#"{"level": "ERROR"}"#));
        put.send().await.unwrap();

        let found = client.filter_log_events().log_group_name("group");
        let found = found
            .filter_pattern(r#"{ $.level = "ERROR" }"#)
            .send()
            .await
            .unwrap();
        assert_eq!(found.events().len(), 1);
        let read = client
            .get_log_events()
            .log_group_name("group")
            .log_stream_name("stream");
        assert_eq!(read.send().await.unwrap().events().len(), 2);
        let groups = client.describe_log_groups().send().await.unwrap();
        assert_eq!(groups.log_groups()[0].log_group_name(), Some("group"));
        let missing = client
            .filter_log_events()
            .log_group_name("none")
            .send()
            .await
            .unwrap_err();
        assert!(
            missing
                .into_service_error()
                .is_resource_not_found_exception()
        );
    });
}

#[test]
fn sts_knows_its_callers_and_no_others() {
    let (_application, samlet) = start();
    block_on(async {
        let client = aws_sdk_sts::Client::from_conf(config!(aws_sdk_sts, samlet, "local"));
        let caller = client.get_caller_identity().send().await.unwrap();
        assert_eq!(caller.arn(), Some("arn:aws:iam::123456789012:user/local"));
        let stranger = aws_sdk_sts::Client::from_conf(config!(aws_sdk_sts, samlet, "nobody"));
        let refused = stranger
            .get_caller_identity()
            .send()
            .await
            .unwrap_err()
            .into_service_error();
        assert_eq!(refused.meta().code(), Some("InvalidClientTokenId"));
    });
}
