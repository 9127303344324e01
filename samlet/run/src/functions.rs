//! The functions as Lambda runs them: each with its code, its settings, and credentials of its own role.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use samlet_aws::Place;
use samlet_build::Programs;
use samlet_iam::{Credentials, Identities, Role};
use samlet_lambda::{Function, Hidden, Program};
use samlet_template::Application;

/// What functions are given by the application that runs.
pub(crate) struct Functions {
    pub(crate) place: Arc<Place>,
    pub(crate) aws_url: String,
    /// The DynamoDB that they use instead of the one here.
    pub(crate) dynamodb_url: Option<String>,
    /// samlet's data: no function sees it.
    pub(crate) data_folder: PathBuf,
    pub(crate) secret_files: Vec<PathBuf>,
    pub(crate) tmp_folder: PathBuf,
    pub(crate) identities: Arc<Identities>,
    /// By functions' names.
    pub(crate) credentials: HashMap<String, Credentials>,
}

impl Functions {
    /// Each function with its code and with credentials of its own role. Those of functions that are no longer there are
    /// revoked.
    pub(crate) fn make(
        &mut self,
        application: &Application,
        folder: &Path,
        programs: &Programs,
    ) -> Vec<Function> {
        let code = programs.values().map(|program| program.folder.clone());
        let others: Vec<PathBuf> = code.chain([folder.to_owned()]).collect();
        let mut private = self.secret_files.clone();
        private.push(self.data_folder.clone());
        self.revoke_others(application);
        let declared = application.functions.iter();
        declared
            .map(|declared| {
                let program = programs.get(&declared.logical_id);
                let program = program.cloned().unwrap_or_default();
                let hidden = hidden(&others, &private, &program);
                self.function(declared, program, hidden)
            })
            .collect()
    }

    fn function(
        &mut self,
        declared: &samlet_template::Function,
        program: Program,
        hidden: Hidden,
    ) -> Function {
        let place = Arc::clone(&self.place);
        let role_arn = place.global_arn("iam", format_args!("role/{}", declared.role.name));
        Function {
            name: declared.name.clone(),
            runtime: declared.runtime.to_string(),
            role_arn: role_arn.into(),
            program,
            handler: declared.handler.clone(),
            memory_mb: declared.memory_mb,
            timeout: declared.timeout,
            reserved_concurrency: declared.reserved_concurrency,
            logging: samlet_lambda::Logging {
                json: declared.logging.json,
                application_level: declared.logging.application_level.clone(),
                system_level: declared.logging.system_level.clone(),
            },
            log_group: declared.log_group.clone(),
            variables: declared.environment.clone(),
            credentials: self.credentials(&declared.name, declared.role.enforced()),
            place,
            aws_endpoint_url: self.aws_url.clone(),
            dynamodb_endpoint_url: self.dynamodb_url.clone(),
            ephemeral_storage_mb: declared.ephemeral_storage_mb,
            tmp_folder: self.tmp_folder.clone(),
            hidden,
        }
    }

    /// A function that comes back is given new credentials.
    fn revoke_others(&mut self, application: &Application) {
        let declared = application.functions.iter();
        let names: HashSet<&str> = declared.map(|function| function.name.as_str()).collect();
        let identities = &self.identities;
        self.credentials.retain(|function, credentials| {
            let is_declared = names.contains(function.as_str());
            if !is_declared {
                identities.revoke(credentials);
            }
            is_declared
        });
    }

    /// A function keeps its credentials: a changed policy is in force at once, in the environments that it has.
    fn credentials(&mut self, function: &str, role: Role) -> Credentials {
        if let Some(known) = self.credentials.get(function) {
            self.identities.reassign(known, role, function);
            return known.clone();
        }
        let issued = self.identities.issue(role, function);
        self.credentials.insert(function.to_owned(), issued.clone());
        issued
    }
}

/// What a function doesn't see. What `others` have in its own code is its own, though it may be another function's code,
/// too; what is private is nobody's.
fn hidden(others: &[PathBuf], private: &[PathBuf], program: &Program) -> Hidden {
    let others = others
        .iter()
        .filter(|path| !path.starts_with(&program.folder));
    Hidden(others.chain(private).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anothers_code_is_hidden_unless_it_is_a_part_of_ones_own_and_secrets_always_are() {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        let others = paths(&["/app/a", "/app/b", "/app"]);
        let private = paths(&["/app/.samlet", "/app/ready.json"]);
        let of = |folder: &str| {
            let program = Program {
                folder: folder.into(),
                ..Program::default()
            };
            hidden(&others, &private, &program).0.to_vec()
        };
        let mut expected = paths(&["/app/b", "/app"]);
        expected.extend(private.clone());
        assert_eq!(of("/app/a"), expected);
        assert_eq!(of("/app"), private);
    }
}
