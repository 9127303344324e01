//! A function's configuration, as the API describes it.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use serde_json::{Value, json};

use crate::function::Function;

pub(crate) fn configuration(function: &Function) -> Value {
    let package = function.package();
    json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn(),
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": function.handler,
        "CodeSize": package.bytes,
        "Description": "",
        "Timeout": function.timeout.as_secs(),
        "MemorySize": function.memory_mb,
        "LastModified": package.modified,
        "Version": "$LATEST",
        "Environment": {"Variables": function.variables},
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "EphemeralStorage": {"Size": function.ephemeral_storage_mb},
        "LoggingConfig": logging(function),
    })
}

fn logging(function: &Function) -> Value {
    let config = &function.logging;
    let group = &function.log_group;
    match config.json {
        true => json!({
            "LogFormat": "JSON",
            "ApplicationLogLevel": config.application_level.as_deref().unwrap_or("INFO"),
            "SystemLogLevel": config.system_level.as_deref().unwrap_or("INFO"),
            "LogGroup": group,
        }),
        false => json!({"LogFormat": "Text", "LogGroup": group}),
    }
}
