//! What else runs functions on one machine, and how each is started.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Result;
use uuid::Uuid;

use super::{FUNCTION, Role, Running, SERVER, STORE, address, samlet};
use crate::places::{self, Places};
use crate::process::{Server, free_port};
use crate::work::{Dialect, Operation};

/// Each operation's function, by logical id.
const FUNCTIONS: [(Operation, &str); 4] = [
    (Operation::Create, "CreateMessageItem"),
    (Operation::Retrieve, "RetrieveMessageItem"),
    (Operation::Update, "UpdateMessageItem"),
    (Operation::Delete, "DeleteMessageItem"),
];

/// The DynamoDB that an alternative's functions call, with its messages.
struct Database {
    url: String,
    running: Running,
}

impl Database {
    fn start(places: &Places, stub: bool) -> Result<Self> {
        let folder = samlet::message_service_folder(places)?;
        if stub {
            let mut command = Command::new(std::env::current_exe()?);
            let mut server = Server::start(command.arg("stub"), &folder.join("output.txt"))?;
            let url = server.wait_for_line("ready ")?;
            let servers = vec![(server, Role::All(STORE))];
            let mut running = Running::at(address(&url)?, Dialect::Rest, servers);
            // It has every message.
            running.messages.kept = Arc::new(vec![Uuid::new_v4().to_string()]);
            return Ok(Self { url, running });
        }
        let application = samlet::start(places, &folder, &[])?;
        let url = application.aws.clone();
        let running = samlet::running(application)?.seed()?;
        Ok(Self { url, running })
    }

    /// What a function's environment has of it.
    fn environment(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.url),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_REGION", "us-east-1"),
            ("DDB_TABLE_NAME", "local-DynamoDBTable"),
        ]
    }

    /// A system in front of it.
    fn behind(self, mut running: Running) -> Running {
        let servers = self.running.servers.into_iter();
        let store = servers.map(|(server, _)| (server, Role::All(STORE)));
        running.servers.extend(store);
        running.messages = self.running.messages;
        running
    }
}

/// `cargo lambda watch`; the functions are those that ship, started beside it,
/// so that it need not build them.
pub(crate) fn watch(places: &Places, stub: bool) -> Result<Running> {
    let database = Database::start(places, stub)?;
    let folder = places.folder()?;
    let mut names: Vec<_> = FUNCTIONS
        .map(|(operation, id)| (operation.function(), places.function(id)))
        .into();
    names.push((Operation::Echo.function(), places.echo()));
    cargo_package(
        &folder,
        &names.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
    )?;
    let port = free_port()?;
    let mut command = Command::new(places.tool("venv/bin/cargo-lambda")?);
    command
        .args([
            "lambda",
            "watch",
            "--only-lambda-apis",
            "--invoke-address",
            "127.0.0.1",
        ])
        .args(["--invoke-port", &port.to_string()])
        .current_dir(&folder);
    let mut server = Server::start(&mut command, &folder.join("output.txt"))?;
    server.wait_for_port(port)?;
    let mut servers = vec![(server, Role::All(SERVER))];
    for (name, program) in names {
        let mut command = Command::new(program?);
        command.envs(database.environment());
        command.env(
            "AWS_LAMBDA_RUNTIME_API",
            format!("http://127.0.0.1:{port}/.rt/{name}"),
        );
        function_environment(&mut command, name);
        let output = folder.join(format!("{name}.txt"));
        servers.push((Server::start(&mut command, &output)?, Role::All(FUNCTION)));
    }
    let address = ([127, 0, 0, 1], port).into();
    let running = Running::at(address, Dialect::Invoke, servers);
    Ok(database.behind(running))
}

/// What Lambda tells a function of itself.
fn function_environment(command: &mut Command, name: &str) {
    command
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench");
}

/// A package with these binaries, for `cargo lambda` to know their names.
fn cargo_package(folder: &Path, names: &[&str]) -> Result<()> {
    let mut manifest = "[package]\nname = \"names\"\nedition = \"2024\"\n[workspace]\n".to_owned();
    for name in names {
        manifest += &format!("[[bin]]\nname = \"{name}\"\npath = \"main.rs\"\n");
    }
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("main.rs"), "fn main() {}\n")?;
    Ok(())
}

/// The emulator serves one function; one runs for each.
pub(crate) fn emulator(places: &Places) -> Result<Running> {
    let database = Database::start(places, false)?;
    let folder = places.folder()?;
    let mut programs: Vec<_> = FUNCTIONS
        .map(|(operation, id)| (operation, places.function(id)))
        .into();
    programs.push((Operation::Echo, places.echo()));
    let (mut servers, mut addresses) = (Vec::new(), Vec::new());
    for (operation, program) in programs {
        let (port, runtime_port) = (free_port()?, free_port()?);
        let mut command = Command::new(places.tool("aws-lambda-rie")?);
        command
            .args([
                "--runtime-interface-emulator-address",
                &format!("127.0.0.1:{port}"),
            ])
            .args([
                "--runtime-api-address",
                &format!("127.0.0.1:{runtime_port}"),
            ])
            .args(["--log-level", "error"])
            .arg(program?);
        command.envs(database.environment());
        function_environment(&mut command, operation.function());
        let output = folder.join(format!("{}.txt", operation.name()));
        let mut server = Server::start(&mut command, &output)?;
        server.wait_for_port(port)?;
        servers.push((server, Role::Samlet));
        addresses.push((operation, ([127, 0, 0, 1], port).into()));
    }
    let running = Running {
        addresses,
        dialect: Dialect::InvokeOnly,
        servers,
        messages: Default::default(),
    };
    Ok(database.behind(running))
}

/// A folder with an application in JavaScript and the packages it needs.
fn node_folder(places: &Places, application: &str) -> Result<std::path::PathBuf> {
    let folder = places.folder()?;
    places::copy(&places.repository.join("bench").join(application), &folder)?;
    let packages = places.tool("npm/node_modules")?;
    std::os::unix::fs::symlink(packages, folder.join("node_modules"))?;
    Ok(folder)
}

pub(crate) fn serverless_offline(places: &Places) -> Result<Running> {
    let database = Database::start(places, false)?;
    let folder = node_folder(places, "node")?;
    let (port, lambda_port) = (free_port()?, free_port()?);
    let mut command = Command::new("node");
    command
        .arg(places.tool("npm/node_modules/serverless/bin/serverless.js")?)
        .args(["offline", "--noPrependStageInUrl", "--host", "127.0.0.1"])
        .args(["--httpPort", &port.to_string()])
        .args(["--lambdaPort", &lambda_port.to_string()])
        .env("SLS_TELEMETRY_DISABLED", "1")
        .env("SLS_NOTIFICATIONS_MODE", "off")
        .current_dir(&folder);
    command.envs(database.environment());
    let mut server = Server::start(&mut command, &folder.join("output.txt"))?;
    server.wait_for_port(port)?;
    let address = ([127, 0, 0, 1], port).into();
    // Its functions are threads of its own.
    let servers = vec![(server, Role::All(SERVER))];
    Ok(database.behind(Running::at(address, Dialect::Rest, servers)))
}

pub(crate) fn architect(places: &Places) -> Result<Running> {
    let database = Database::start(places, false)?;
    let folder = node_folder(places, "architect")?;
    // Its functions get the variables of this file only.
    let variables = database.environment();
    let lines = variables.map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(folder.join(".env"), lines.concat())?;
    let port = free_port()?;
    let mut command = Command::new("node");
    command
        .arg(places.tool("npm/node_modules/@architect/sandbox/src/cli/cli.js")?)
        .args(["--port", &port.to_string(), "--disable-symlinks"])
        .current_dir(&folder);
    command.envs(database.environment());
    let mut server = Server::start(&mut command, &folder.join("output.txt"))?;
    server.wait_for_port(port)?;
    let address = ([127, 0, 0, 1], port).into();
    let servers = vec![(server, Role::All(SERVER))];
    Ok(database.behind(Running::at(address, Dialect::Rest, servers)))
}
