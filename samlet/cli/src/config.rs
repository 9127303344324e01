//! `samconfig.toml`: the settings that SAM CLI keeps for its commands, as far as they concern samlet's.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>

use std::path::Path;

use samlet_http::{Host, NotAHost};
use toml::{Table, Value};

use crate::error::Error;
use crate::overrides::parse_override;

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
enum SettingError {
    #[error("port is not a port number")]
    Port,
    #[error("allow_host is neither a text nor a list of texts")]
    Hosts,
    #[error("allow_host: {0}")]
    Host(#[from] NotAHost),
    #[error("parameter_overrides is neither a text nor a list")]
    Overrides,
    #[error("a quote in `{0}` has no end")]
    Quote(String),
    /// An override isn't `NAME=VALUE`.
    #[error("{0}")]
    Override(String),
}

/// The settings of one environment of the file for one command.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Config {
    pub(crate) parameter_overrides: Vec<(String, String)>,
    pub(crate) port: Option<u16>,
    pub(crate) allow_host: Vec<Host>,
}

impl Config {
    /// Reads `[ENVIRONMENT.global.parameters]`, and over it
    /// `[ENVIRONMENT.COMMAND.parameters]`. No file is no settings.
    pub(crate) fn read(path: &Path, environment: &str, command: &str) -> Result<Self, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(unreadable(path, &error)),
        };
        let file: Table = toml::from_str(&text).map_err(|error| unreadable(path, &error))?;
        let mut config = Self::default();
        for section in ["global", command] {
            let parameters = file
                .get(environment)
                .and_then(|environment| environment.get(section)?.get("parameters")?.as_table());
            if let Some(parameters) = parameters {
                let applied = config.apply(parameters);
                applied.map_err(|reason| {
                    unreadable(
                        path,
                        &format!("[{environment}.{section}.parameters]: {reason}"),
                    )
                })?;
            }
        }
        Ok(config)
    }

    fn apply(&mut self, parameters: &Table) -> Result<(), SettingError> {
        if let Some(port) = parameters.get("port") {
            let number = port.as_integer().and_then(|port| u16::try_from(port).ok());
            self.port = Some(number.ok_or(SettingError::Port)?);
        }
        if let Some(hosts) = parameters.get("allow_host") {
            self.allow_host = allowed_hosts(hosts)?;
        }
        match parameters.get("parameter_overrides") {
            None => {}
            Some(Value::String(text)) => self.parameter_overrides = overrides(text)?,
            Some(Value::Array(list)) => {
                let texts = list.iter().map(|item| item.as_str().unwrap_or_default());
                let pairs = texts.map(overrides).collect::<Result<Vec<_>, _>>()?;
                self.parameter_overrides = pairs.concat();
            }
            Some(_) => return Err(SettingError::Overrides),
        }
        Ok(())
    }
}

/// A name, or a list of names.
fn allowed_hosts(setting: &Value) -> Result<Vec<Host>, SettingError> {
    let list = match setting {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut hosts = Vec::new();
    for item in list {
        let text = item.as_str().ok_or(SettingError::Hosts)?;
        hosts.push(text.parse()?);
    }
    Ok(hosts)
}

/// `A=1 B="two words"`, as on a command line.
fn overrides(text: &str) -> Result<Vec<(String, String)>, SettingError> {
    let words = shlex::split(text).ok_or_else(|| SettingError::Quote(text.to_owned()))?;
    let overrides = words.iter().map(|word| parse_override(word));
    overrides
        .collect::<Result<_, _>>()
        .map_err(SettingError::Override)
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> Error {
    Error::Config {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samconfig.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path, "default", "local_start_api")
    }

    #[test]
    fn a_commands_own_settings_go_before_the_global_ones() {
        let config = read(
            "[default.global.parameters]\nport = 1\nparameter_overrides = 'A=1'\n\
             [default.local_start_api.parameters]\nparameter_overrides = 'B=2 C=\"x y\"'\n\
             allow_host = 'App.test'\n\
             [default.deploy.parameters]\nparameter_overrides = 'D=4'\n",
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = Config {
            parameter_overrides: vec![pair("B", "2"), pair("C", "x y")],
            port: Some(1),
            allow_host: vec!["app.test".parse().unwrap()],
        };
        assert_eq!(config.unwrap(), expected);
        let list = "[default.global.parameters]\nparameter_overrides = ['A=1', 'B=2']\n";
        assert_eq!(read(list).unwrap().parameter_overrides.len(), 2);
        let list = "[default.global.parameters]\nallow_host = ['a.test', '10.0.0.5']\n";
        assert_eq!(read(list).unwrap().allow_host.len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for text in [
            "[default",
            "[default.global.parameters]\nport = 70000\n",
            "[default.global.parameters]\nallow_host = 'http://app.test'\n",
            "[default.global.parameters]\nallow_host = 3000\n",
            "[default.global.parameters]\nparameter_overrides = 'A'\n",
            "[default.global.parameters]\nparameter_overrides = 'A=\"'\n",
        ] {
            assert!(matches!(read(text), Err(Error::Config { .. })), "{text}");
        }
        let nowhere = Config::read(Path::new("/nowhere/samconfig.toml"), "default", "build");
        assert_eq!(nowhere.unwrap(), Config::default());
    }
}
