//! A function as declared, and what its environments are given of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use samlet_aws::{Arn, Place};
use samlet_container::Spec;
use samlet_iam::Credentials;
use time::OffsetDateTime;
use time::macros::format_description;

/// How a function's process is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The executable, absolute.
    pub executable: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder with the function's code: the environment's task root, and
    /// where it is started.
    pub folder: PathBuf,
    /// What else it needs of the machine to read, beside the system's own.
    pub readable: Vec<PathBuf>,
}

/// A function's logging configuration.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// Lambda's own lines, and those of runtimes that know of it, are JSON objects.
    pub json: bool,
    /// The least severe level that the runtime writes; INFO when absent.
    pub application_level: Option<String>,
    /// The least severe level of Lambda's own lines; INFO when absent.
    pub system_level: Option<String>,
}

/// A function to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// `Runtime`.
    pub runtime: String,
    /// Its role's ARN.
    pub role_arn: String,
    /// What an environment runs.
    pub program: Program,
    /// `Handler`, passed on as `_HANDLER`.
    pub handler: String,
    /// Memory, MB.
    pub memory_mb: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// `ReservedConcurrentExecutions`: invocations beyond so many are throttled.
    pub reserved_concurrency: Option<u32>,
    /// How its log is written.
    pub logging: Logging,
    /// The log group that it writes to.
    pub log_group: String,
    /// The template's environment variables.
    pub variables: BTreeMap<String, String>,
    /// Those of its role.
    pub credentials: Credentials,
    /// Where it seems to be deployed: `AWS_REGION`, and what its ARN is made of.
    pub place: Arc<Place>,
    /// Where AWS SDKs find the services, as `http://host:port`.
    pub aws_endpoint_url: String,
    /// Where they find DynamoDB, when that is elsewhere.
    pub dynamodb_endpoint_url: Option<String>,
    /// `EphemeralStorage`: the size of each environment's `/tmp`, MB.
    pub ephemeral_storage_mb: u32,
    /// Where folders for temporary files are made, if `/tmp` can't be an environment's own.
    pub tmp_folder: PathBuf,
    /// What no function sees but for its own code: the application, what samlet stores.
    pub hidden: Hidden,
}

/// Folders that a function doesn't see, wherever they lie. That these have changed doesn't make it another function:
/// any two are equal.
#[derive(Clone, Debug, Default)]
pub struct Hidden(pub Arc<[PathBuf]>);

impl PartialEq for Hidden {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Hidden {}

impl Function {
    /// The function's ARN.
    pub fn arn(&self) -> Arn {
        let name = &self.name;
        self.place.arn("lambda", format_args!("function:{name}"))
    }

    /// Size and time of what runs.
    pub(crate) fn package(&self) -> Package {
        let metadata = std::fs::metadata(&self.program.executable);
        let modified = metadata.as_ref().ok().and_then(|data| data.modified().ok());
        let modified = modified.map(OffsetDateTime::from);
        let clock = format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000"
        );
        let modified = modified.and_then(|time| time.format(clock).ok());
        Package {
            bytes: metadata.map_or(0, |data| data.len()),
            modified: modified.unwrap_or_default(),
        }
    }

    /// What an environment's container runs, and what it is given.
    pub(crate) fn container(&self, runtime_api: &str, log_stream: &str) -> Spec {
        Spec {
            executable: self.program.executable.clone(),
            arguments: self.program.arguments.clone(),
            environment: self.environment(runtime_api, log_stream),
            code: self.program.folder.clone(),
            readable: self.program.readable.clone(),
            hidden: Arc::clone(&self.hidden.0),
            memory_mb: self.memory_mb,
            tmp_mb: self.ephemeral_storage_mb,
            tmp_folder: self.tmp_folder.clone(),
        }
    }

    /// All environment variables of a process: Lambda's own and the template's.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
    fn environment(&self, runtime_api: &str, log_stream: &str) -> BTreeMap<String, String> {
        let root = samlet_container::code_folder(&self.program.folder);
        let root = root.to_string_lossy();
        let memory = self.memory_mb.to_string();
        let group = &self.log_group;
        let libraries = format!("{root}:{root}/lib:/opt/lib");
        let lambda = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("_HANDLER", &self.handler),
            ("LAMBDA_TASK_ROOT", &root),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
            ("AWS_LAMBDA_LOG_GROUP_NAME", group),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_REGION", &self.place.region),
            ("AWS_DEFAULT_REGION", &self.place.region),
            ("AWS_ACCESS_KEY_ID", &self.credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.credentials.secret_access_key),
            ("TZ", ":UTC"),
            ("LANG", "en_US.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
            ("LD_LIBRARY_PATH", &libraries),
            ("AWS_ENDPOINT_URL", &self.aws_endpoint_url),
        ];
        let mut all = self.variables.clone();
        all.extend(lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for name in ["DYNAMODB", "DYNAMODB_STREAMS"] {
            if let Some(url) = &self.dynamodb_endpoint_url {
                all.insert(format!("AWS_ENDPOINT_URL_{name}"), url.clone());
            }
        }
        if self.logging.json {
            let level = self.logging.application_level.as_deref().unwrap_or("INFO");
            all.insert("AWS_LAMBDA_LOG_FORMAT".into(), "JSON".into());
            all.insert("AWS_LAMBDA_LOG_LEVEL".into(), level.into());
        }
        // Custom runtimes are not told which one they are.
        if !self.runtime.starts_with("provided") {
            let runtime = format!("AWS_Lambda_{}", self.runtime);
            all.insert("AWS_EXECUTION_ENV".into(), runtime);
        }
        if let Some(token) = &self.credentials.session_token {
            all.insert("AWS_SESSION_TOKEN".into(), token.clone());
        }
        all
    }
}

/// A function's package, as far as tools ask for it.
pub(crate) struct Package {
    pub(crate) bytes: u64,
    /// As `2026-11-24T08:00:00.000+0000`.
    pub(crate) modified: String,
}
