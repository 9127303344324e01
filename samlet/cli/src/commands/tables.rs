//! `samlet tables`: what is stored, read and written from the command line.

mod items;
mod transfer;

use std::io::{Read as _, Write};
use std::sync::Arc;

use samlet_clock::Clock;
use samlet_dynamodb::Store;
use samlet_run::{DataFolder, Template, place};
use samlet_service::ApplyError;
use samlet_template::Application;
use serde_json::{Value, json};

use crate::args::{ApplicationArgs, TablesArgs, TablesCommand};
use crate::aws::{self, CallError, Client};
use crate::error::Error;
use crate::running::runtime;
use crate::secret::Secret;
use crate::template;
use crate::terminal::{columns, shown_on};

/// `samlet tables`.
pub(crate) fn command(args: &TablesArgs) -> Result<(), Error> {
    // Before an item, which may follow it on standard input.
    let secret = Secret::read(&args.secret)?;
    let config = args.application.config("local_start_api")?;
    let template = template::read(&args.application, &config, false)?;
    let tables = Tables::open(&args.application, &secret, &template)?;
    let done = run(args, &template, &tables);
    tables.close();
    done
}

fn run(args: &TablesArgs, template: &Template, tables: &Tables) -> Result<(), Error> {
    let name = |table: &str| table_name(template, table);
    match args.command.as_ref().unwrap_or(&TablesCommand::List) {
        TablesCommand::List => list(template, tables),
        TablesCommand::Scan { table, limit } => scan(tables, &name(table), *limit),
        TablesCommand::Get { table, key } => get(tables, &name(table), key),
        TablesCommand::Put { table, item } => put(tables, &name(table), item),
        TablesCommand::Export { table, file } => {
            transfer::export(tables, &name(table), file.as_deref())
        }
        TablesCommand::Import { table, file } => transfer::import(tables, &name(table), file),
    }
}

/// The tables, wherever they are held.
pub(crate) enum Tables {
    /// By the samlet that runs on this folder's data.
    Running(Client),
    /// By nobody else: the store itself.
    Here {
        store: samlet_dynamodb::Store,
        runtime: tokio::runtime::Runtime,
        _data: DataFolder,
    },
}

impl Tables {
    pub(crate) fn open(
        application: &ApplicationArgs,
        secret: &Secret,
        template: &Template,
    ) -> Result<Self, Error> {
        let data = match DataFolder::open(&application.data_dir()) {
            Ok(data) => data,
            Err(samlet_run::Error::DataLocked { path }) => {
                let url = DataFolder::running(&path).ok_or(Error::Starting { path })?;
                return Ok(Self::Running(Client::new(&url, secret.text())));
            }
            Err(error) => return Err(error.into()),
        };
        let runtime = runtime()?;
        let store = samlet_dynamodb::Store::open(&data.store(), &Arc::new(place()), &Clock::new())?;
        runtime.block_on(ensure_tables(&store, &template.application))?;
        Ok(Self::Here {
            store,
            runtime,
            _data: data,
        })
    }

    /// One operation of DynamoDB's API.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Result<Value, Error> {
        let body = request.to_string();
        let answer = match self {
            Self::Running(client) => {
                let request = http::Request::post(&client.url)
                    .header("content-type", "application/x-amz-json-1.0")
                    .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
                    .body(body.into_bytes());
                let sent = request
                    .map_err(CallError::from)
                    .and_then(|request| client.send("dynamodb", request));
                sent.map(|(_, body)| body)
                    .map_err(|error| error.to_string())
            }
            Self::Here { store, runtime, .. } => runtime
                .block_on(store.execute(operation, body.into()))
                .map(Into::into)
                .map_err(|error| aws::message(&String::from_utf8_lossy(&error.body))),
        };
        let answer: Vec<u8> = answer.map_err(|reason| Error::Refused {
            operation: operation.to_owned(),
            reason,
        })?;
        serde_json::from_slice(&answer).map_err(|error| Error::Refused {
            operation: operation.to_owned(),
            reason: error.to_string(),
        })
    }

    pub(crate) fn close(self) {
        if let Self::Here { store, runtime, .. } = self {
            runtime.block_on(store.close());
        }
    }
}

/// A table's name, by logical id or name; one that the template doesn't
/// declare may have been made by a tool.
fn table_name(template: &Template, table: &str) -> String {
    let mut declared = template.application.tables.iter();
    let declared = declared.find(|declared| declared.logical_id == table);
    declared.map_or(table, |declared| &declared.name).to_owned()
}

fn list(template: &Template, tables: &Tables) -> Result<(), Error> {
    let mut rows = vec![["TABLE", "NAME", "KEY", "ITEMS", "BYTES"].map(str::to_owned)];
    let mut request = json!({});
    loop {
        let page = tables.call("ListTables", &request)?;
        for name in page["TableNames"].as_array().into_iter().flatten() {
            let table = tables.call("DescribeTable", &json!({"TableName": name}))?;
            let table = &table["Table"];
            let name = name.as_str().unwrap_or_default();
            let mut declared = template.application.tables.iter();
            let declared = declared.find(|declared| declared.name == name);
            let keys = table["KeySchema"].as_array().into_iter().flatten();
            let keys: Vec<&str> = keys
                .filter_map(|key| key["AttributeName"].as_str())
                .collect();
            rows.push([
                declared.map_or("-", |table| &table.logical_id).to_owned(),
                name.to_owned(),
                keys.join(", "),
                table["ItemCount"].to_string(),
                table["TableSizeBytes"].to_string(),
            ]);
        }
        match &page["LastEvaluatedTableName"] {
            Value::Null => break,
            last => request = json!({"ExclusiveStartTableName": last}),
        }
    }
    write!(anstream::stdout(), "{}", columns(&rows, &[0, 1, 2])).ok();
    Ok(())
}

fn scan(tables: &Tables, table: &str, limit: Option<usize>) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    let mut left = limit.unwrap_or(usize::MAX);
    for page in items::pages(tables, table) {
        for item in page?.iter().take(left) {
            left -= 1;
            // A reader that has gone wants no more.
            let item = item.to_string();
            if writeln!(stdout, "{}", shown_on(&stdout, &item)).is_err() {
                return Ok(());
            }
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

fn get(tables: &Tables, table: &str, key: &[(String, String)]) -> Result<(), Error> {
    let key = items::key(tables, table, key)?;
    let request = json!({"TableName": table, "Key": key, "ConsistentRead": true});
    let mut found = tables.call("GetItem", &request)?;
    match found["Item"].take() {
        Value::Null => Err(Error::NoItem {
            table: table.to_owned(),
        }),
        item => {
            let mut stdout = std::io::stdout();
            let item = format!("{item:#}");
            writeln!(stdout, "{}", shown_on(&stdout, &item)).ok();
            Ok(())
        }
    }
}

fn put(tables: &Tables, table: &str, item: &str) -> Result<(), Error> {
    let mut text = item.to_owned();
    if item == "-" {
        text.clear();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|source| Error::FileUnreadable {
            path: "-".into(),
            source,
        })?;
    }
    let item = items::parse(&text).map_err(|error| Error::NotAnItem(error.to_string()))?;
    tables.call("PutItem", &json!({"TableName": table, "Item": item}))?;
    Ok(())
}

/// Makes the tables that the template declares and that aren't there.
async fn ensure_tables(store: &Store, application: &Application) -> Result<(), Error> {
    for table in &application.tables {
        let time_to_live = table.time_to_live.as_ref();
        let expires_by = time_to_live.map(|ttl| ttl.attribute.as_str());
        let made = store.ensure_table(&table.create_table, expires_by).await;
        made.map_err(|source| {
            samlet_run::Error::Apply(ApplyError {
                resource: format!("table {}", table.logical_id),
                source: source.into(),
            })
        })?;
    }
    Ok(())
}
