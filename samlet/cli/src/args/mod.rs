//! The command line, with SAM CLI's names where it has them.

mod estimate;
mod events;
mod new;
mod tables;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::error::Error;
use crate::overrides::parse_override;

pub(crate) use estimate::*;
pub(crate) use events::*;
pub(crate) use new::*;
pub(crate) use tables::*;

/// What every command's help ends with.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  it failed: standard error says why
  2  the command line is wrong
`exec` exits with its command's own code, and with 128 and the signal's number when that was killed.";

/// Runs an AWS SAM application on this machine: API Gateway, Lambda, DynamoDB
/// and IAM as `template.yaml` declares them, without Docker or an account.
#[derive(Debug, Parser)]
#[command(
    name = "samlet",
    version,
    args_conflicts_with_subcommands = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    /// Print results, warnings and errors only
    #[arg(short, long, global = true, display_order = 900)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build the functions and serve the application (the default command)
    ///
    /// Follows changes: an edited source is built and served, an edited
    /// template is applied, while requests go on.
    #[command(after_help = "Examples:
  samlet start
  samlet start --port 8080 --no-watch
  samlet start --port 0 --aws-port 0 --ready-file ready.json")]
    Start(ServeArgs),
    /// Build the functions only
    #[command(after_help = "Example: samlet build --release")]
    Build(BuildArgs),
    /// Run a command beside a fresh application on free ports, and exit with its code
    ///
    /// The command finds the application by API_URL and the AWS endpoint by
    /// the variables that every AWS SDK reads.
    #[command(after_help = "Example: samlet exec -- pytest tests/")]
    Exec(ExecArgs),
    /// Invoke one function once: its response on standard output, its log on
    /// standard error
    ///
    /// By the samlet that runs on this folder's data; without one, by itself.
    /// Exits with 1 when the function failed.
    #[command(after_help = "Examples:
  samlet invoke CreateMessageItem -e events/CreateMessageItem-event.json
  samlet invoke CreateMessageItem --body-file events/CreateMessageItem-msg.json
  samlet generate-event sqs receive-message | samlet invoke Worker -e -")]
    Invoke(InvokeArgs),
    /// Show what functions have logged, whether samlet runs or not
    #[command(
        after_help = "Example: samlet logs CreateMessageItem --since 10m --filter ERROR --tail"
    )]
    Logs(LogsArgs),
    /// List the routes of all APIs, and the function of each
    #[command(after_help = "Example: samlet routes --template other.yaml")]
    Routes(RoutesArgs),
    /// Print an API's contract as an OpenAPI document
    ///
    /// Routes, keys, models and the gateway's own answers are the template's.
    /// What functions take and answer, they may say in a file that the
    /// template names under `Metadata: OpenApi`.
    #[command(after_help = "Examples:
  samlet openapi > openapi.json
  samlet openapi --api Admin --url https://api.example.com")]
    Openapi(OpenApiArgs),
    /// Show and change what the tables hold
    ///
    /// Through the samlet that runs on this folder's data; without one, by
    /// itself. Items are in DynamoDB's JSON, such as {"pk": {"S": "a"}}.
    #[command(after_help = "Examples:
  samlet tables
  samlet tables scan DynamoDBTable --limit 10
  samlet tables get DynamoDBTable pk=51eef759 sk=v0
  samlet tables put DynamoDBTable '{\"pk\": {\"S\": \"a\"}, \"sk\": {\"S\": \"v0\"}}'
  samlet tables export DynamoDBTable items.jsonl
  samlet tables import DynamoDBTable items.jsonl")]
    Tables(TablesArgs),
    /// Add to the application
    #[command(after_help = "Example: samlet new function ListMessages --route 'GET /messages'")]
    New {
        /// What to add
        #[command(subcommand)]
        what: NewCommand,
    },
    /// Make a new application: a workspace, a template and a first function
    #[command(after_help = "Example: samlet init shop && cd shop && samlet start")]
    Init(InitArgs),
    /// Print an event to invoke a function with, by SAM CLI's names
    #[command(after_help = "Examples:
  samlet generate-event apigateway aws-proxy --method GET --resource /message/{message_id} --path message/1
  samlet generate-event sqs receive-message --body 'Hello'")]
    GenerateEvent {
        /// The service that would send it
        #[command(subcommand)]
        event: GenerateEventCommand,
    },
    /// Forget what is stored: tables, logs and the record of what functions did
    #[command(after_help = "Example: samlet reset --yes")]
    Reset(ResetArgs),
    /// Print a script that completes samlet's commands in a shell
    #[command(
        after_help = "Example: samlet completions bash > ~/.local/share/bash-completion/completions/samlet"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Read the template and say what is wrong with it
    #[command(after_help = "Examples:
  samlet validate --template other.yaml
  samlet validate --format json")]
    Validate(ValidateArgs),
    /// Show what functions are granted, what they used of it, and the least that would do
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:
  samlet policies
  samlet policies --check
  samlet policies simulate --function CreateMessageItem --action dynamodb:PutItem --resource ARN"
    )]
    Policies(PoliciesArgs),
    /// Tell what AWS would cost at a rate of requests, and which quota is hit first
    ///
    /// From what was measured here: how long functions took, what they did to
    /// tables and logged, how large items are. The answer is arithmetic; free
    /// tiers, taxes and discounts are left out, and so are authorizers.
    #[command(after_help = "Examples:
  samlet estimate --rate 1000
  samlet estimate --rate 1000 --mix create=1,retrieve=8,update=1
  samlet estimate --rate 50 --peak-rate 400 --duration-ms 12 --region eu-central-1
  samlet estimate --rate 1000 --mix 'GET /message/{message_id}=8,POST /message=1' --format json")]
    Estimate(EstimateArgs),
    /// Show what keeps functions apart on this machine, and what to do about what is missing
    ///
    /// A report: it exits with 0 whatever is missing, and changes nothing.
    #[command(after_help = "Examples:
  samlet doctor
  samlet doctor --format json")]
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    pub(crate) start: StartArgs,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    /// The function, by logical id or name
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: String,
    /// A file with the event, or - for standard input [default: an empty object]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) event: Option<PathBuf>,
    /// A file with a request's body, or - for standard input: the event is what
    /// API Gateway would send to the function's first route
    #[arg(long, value_name = "FILE", conflicts_with = "event")]
    pub(crate) body_file: Option<PathBuf>,
    /// That request's path [default: the route's, if it has no parameters]
    #[arg(long, value_name = "PATH", requires = "body_file")]
    pub(crate) path: Option<String>,
    #[command(flatten)]
    pub(crate) start: StartArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Functions, by logical id or name [default: all]
    #[arg(value_name = "FUNCTION")]
    pub(crate) functions: Vec<String>,
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// Go on showing what is logged; begins with the last 10 minutes, unless
    /// --since says otherwise
    #[arg(long)]
    pub(crate) tail: bool,
    /// Only what was logged so long ago at most, such as 30s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) since: Option<std::time::Duration>,
    /// Only what matches a filter pattern of CloudWatch Logs
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RoutesArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OpenApiArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// The API, by logical id [default: the first]
    #[arg(long, value_name = "API")]
    pub(crate) api: Option<String>,
    /// Where it is reached [default: a deployed API's address, with its id left open]
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// How to show it; as JSON, all that is read of the template, with
    /// parameters and intrinsic functions resolved
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct PoliciesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PoliciesCommand>,
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Exit with 1 when a function is granted more than it used, or was refused something
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PoliciesCommand {
    /// Say whether a function may do something, and by which statement
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// The function, by logical id or name
    #[arg(long, value_name = "NAME")]
    pub(crate) function: String,
    /// Such as dynamodb:PutItem
    #[arg(long)]
    pub(crate) action: String,
    /// The resource's ARN
    #[arg(long, value_name = "ARN")]
    pub(crate) resource: String,
    /// What conditions ask for, such as dynamodb:LeadingKeys=ann; again for further values
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_override)]
    pub(crate) context: Vec<(String, String)>,
}

/// What every command needs to know.
#[derive(Debug, Args)]
pub(crate) struct ApplicationArgs {
    /// The SAM template
    #[arg(short, long, default_value = "template.yaml", value_name = "FILE")]
    pub(crate) template: PathBuf,
    /// Where tables, logs and built functions are kept [default: .samlet beside the template]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Values for the template's parameters
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = parse_override)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
    /// Where SAM CLI keeps its settings [default: samconfig.toml beside the template]
    #[arg(long, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// The environment in that file
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) config_env: String,
}

impl ApplicationArgs {
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data_dir
            .clone()
            .unwrap_or_else(|| self.template.with_file_name(".samlet"))
    }

    /// The settings of `samconfig.toml` for one of SAM CLI's commands.
    pub(crate) fn config(&self, command: &str) -> Result<Config, Error> {
        let path = self.config_path();
        // One that was asked for has to be there.
        if self.config_file.is_some() && !path.is_file() {
            return Err(Error::Config {
                path,
                reason: "there is no such file".to_owned(),
            });
        }
        Config::read(&path, &self.config_env, command)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        let beside = || self.template.with_file_name("samconfig.toml");
        self.config_file.clone().unwrap_or_else(beside)
    }

    /// The values of parameters: those of the command line go before the file's.
    pub(crate) fn overrides(&self, config: &Config) -> BTreeMap<String, String> {
        let given = config.parameter_overrides.iter();
        given.chain(&self.parameter_overrides).cloned().collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// Build what ships to AWS: slower to build, smaller and faster to run
    #[arg(long)]
    pub(crate) release: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) start: StartArgs,
    /// Don't follow changes of sources and template
    #[arg(long)]
    pub(crate) no_watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    /// The port of the application's first API; 0 takes a free one [default: 3000]
    #[arg(short, long)]
    pub(crate) port: Option<u16>,
    /// The address that the application's APIs listen on; another than a
    /// loopback one opens them to the network
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: std::net::IpAddr,
    /// A host name that the application's APIs answer to, beside localhost and
    /// the address they listen on, such as a tunnel's; again for further names
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<samlet_http::Host>,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// The port of the AWS endpoint; 0 takes a free one [default: 4566]
    #[arg(long, value_name = "PORT")]
    pub(crate) aws_port: Option<u16>,
    /// Write addresses, names and credentials to this file, as JSON, once
    /// everything is ready; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Send the functions to another DynamoDB than samlet's own, which then
    /// has to have the tables (DynamoDB Local, for one)
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub(crate) dynamodb_endpoint: Option<String>,
    /// Run the functions as they were last built
    #[arg(long, conflicts_with = "release")]
    pub(crate) no_build: bool,
    /// Build and run what ships to AWS
    #[arg(long)]
    pub(crate) release: bool,
    /// Run what `sam build` built: .aws-sam/build beside the template
    #[arg(long, conflicts_with_all = ["release", "no_build"])]
    pub(crate) built: bool,
    /// Execution environments that may run at once, of all functions
    /// together [default: 16 for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_environments: Option<u16>,
    /// What the delays between the attempts of an asynchronous invocation are
    /// multiplied by: 0.01 makes a minute 0.6 seconds
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = parse_scale)]
    pub(crate) retry_delay_scale: f64,
}

#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    /// A file whose first line is the secret of the access key `local`, which
    /// may do everything, or - for standard input [default: the secret in
    /// SAMLET_DEVELOPER_SECRET, or the file that SAMLET_DEVELOPER_SECRET_FILE
    /// names; else `local`, which functions can guess]
    #[arg(long, value_name = "FILE")]
    pub(crate) developer_secret_file: Option<PathBuf>,
    /// The secret itself, which every process can read in the command line
    #[arg(
        long,
        value_name = "SECRET",
        hide = true,
        conflicts_with = "developer_secret_file"
    )]
    pub(crate) developer_secret: Option<String>,
}

fn parse_url(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.starts_with(['/', ':']) => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not http://HOST:PORT")),
    }
}

fn parse_scale(text: &str) -> Result<f64, String> {
    let scale = text.parse::<f64>().ok();
    let sound = scale.filter(|scale| (0.0..=1.0).contains(scale));
    sound.ok_or_else(|| format!("`{text}` is no number from 0 to 1"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_tables_stand_before_or_after_its_command() {
        for words in ["tables -t x.yaml list", "tables list -t x.yaml"] {
            let words = ["samlet"].into_iter().chain(words.split(' '));
            let cli = Cli::try_parse_from(words).unwrap();
            let Some(Command::Tables(args)) = cli.command else {
                panic!("{:?}", cli.command);
            };
            assert_eq!(args.application.template, PathBuf::from("x.yaml"));
            assert_eq!(args.application.config_env, "default");
        }
        // Those of `start` stay where they were.
        assert!(Cli::try_parse_from(["samlet", "-t", "x.yaml", "tables"]).is_err());
    }

    #[test]
    fn start_is_the_default_command() {
        let cli = Cli::try_parse_from(["samlet", "--port", "0"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.start.port, Some(0));
    }
}
