//! The template of an application: where it is, what it says, and what it says once services have given the values that
//! only they know.
//!
//! Nothing is shown here: warnings are kept with the template, or with the error that ended its reading.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use samlet_access::missing_permissions;
use samlet_build::SourcePlaces;
use samlet_template::{Application, Attributes, Diagnostic, Draft, Function, Problems};

use crate::error::Error;
use crate::place::place;
use crate::services::catalogue;

/// Where a template is, and what it is read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The template.
    pub template: PathBuf,
    /// Whether what `sam build` made of it is read instead.
    pub built: bool,
    /// Values for its parameters.
    pub parameter_overrides: BTreeMap<String, String>,
}

impl Source {
    /// The file that is read.
    fn path(&self) -> PathBuf {
        if self.built {
            return self.template.with_file_name(".aws-sam/build/template.yaml");
        }
        self.template.clone()
    }

    fn settings(&self) -> samlet_template::Settings {
        samlet_template::Settings {
            parameter_overrides: self.parameter_overrides.clone(),
            file: self.path().display().to_string(),
            ..samlet_template::Settings::new(place())
        }
    }

    /// The folders of code, by functions' logical ids, that `sam build` has built from; none if the template that says so
    /// can't be read any more.
    fn built_from(&self) -> BTreeMap<String, PathBuf> {
        if !self.built {
            return BTreeMap::new();
        }
        let text = std::fs::read_to_string(&self.template).unwrap_or_default();
        let Ok(application) = samlet_template::read(&text, &self.settings(), catalogue()) else {
            return BTreeMap::new();
        };
        let folder = folder_of(&self.template);
        let functions = application.functions.into_iter();
        functions
            .map(|function| (function.logical_id, folder.join(function.code.folder)))
            .collect()
    }

    /// The first error that another text in place of the template's would have.
    pub fn check(&self, text: &str) -> Result<(), Diagnostic> {
        match samlet_template::read(text, &self.settings(), catalogue()) {
            Ok(_) => Ok(()),
            Err(mut problems) => Err(problems.errors.swap_remove(0)),
        }
    }
}

/// A template that was read without errors; cheap to share, in an [`Arc`].
#[derive(Clone, Debug)]
pub struct Template {
    /// The file that was read.
    pub path: PathBuf,
    /// What it declares.
    pub application: Application,
    /// What of it has no effect here, or would fail on AWS.
    pub warnings: Vec<Diagnostic>,
    text: Arc<str>,
    draft: Arc<Draft>,
    settings: samlet_template::Settings,
    home: PathBuf,
    built_from: BTreeMap<String, PathBuf>,
}

impl Template {
    /// Reads the template.
    pub fn read(source: &Source) -> Result<Self, Error> {
        let path = source.path();
        let text = std::fs::read_to_string(&path);
        let text: Arc<str> = match text {
            Ok(text) => text.into(),
            Err(source) => return Err(Error::TemplateUnreadable { path, source }),
        };
        let settings = source.settings();
        let read = Draft::parse(&text).and_then(|draft| {
            let application = draft.resolve(&settings, catalogue())?;
            Ok((draft, application))
        });
        let (draft, application) = match read {
            Ok(read) => read,
            Err(problems) => return Err(Error::of_template(path, text, problems)),
        };
        let mut template = Self {
            path,
            warnings: application.warnings.clone(),
            application,
            text,
            draft: Arc::new(draft),
            settings,
            home: folder_of(&source.template).to_owned(),
            built_from: source.built_from(),
        };
        // Such invocations work here, and fail on AWS.
        let missing = missing_permissions(&template.application, &place());
        template.warnings.extend(missing);
        Ok(template)
    }

    /// With the values that only services know, now that they have given them.
    pub fn with_attributes(&self, attributes: Attributes) -> Result<Self, Error> {
        let settings = samlet_template::Settings {
            attributes,
            ..self.settings.clone()
        };
        match self.draft.resolve(&settings, catalogue()) {
            Ok(application) => Ok(Self {
                settings,
                application,
                ..self.clone()
            }),
            Err(problems) => Err(self.error(problems)),
        }
    }

    /// Whether it comes from the same reading as another, whatever values services gave since.
    pub(crate) fn is_read_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.draft, &other.draft)
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it, as an error with its text.
    fn error(&self, problems: Problems) -> Error {
        Error::of_template(self.path.clone(), Arc::clone(&self.text), problems)
    }

    /// The function of this logical id or name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let mut functions = self.application.functions.iter();
        functions.find(|function| function.logical_id == name || function.name == name)
    }

    /// What relative paths in the template start from.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// The application's own folder, also when what `sam build` made of the template is read.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Where the places are that functions name in their code, as seen from the current folder.
    pub fn source_places(&self) -> SourcePlaces {
        let mut places = SourcePlaces::new(Path::new("."));
        for function in &self.application.functions {
            let mut folders = Vec::new();
            folders.extend(self.built_from.get(&function.logical_id).cloned());
            folders.push(self.folder().join(&function.code.folder));
            places.add(function, &folders);
        }
        places
    }
}

fn folder_of(template: &Path) -> &Path {
    let folder = template.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A template of one function whose code is in this folder.
    fn template(code: &str) -> String {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    Type: AWS::Serverless::Function\n    \
             Properties: {{Runtime: python3.12, Handler: app.handler, CodeUri: {code}}}\n"
        )
    }

    #[test]
    fn a_place_in_what_sam_has_built_is_one_in_its_source_where_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        let write = |path: &str, text: &str| {
            let path = home.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("template.yaml", &template("src/hello/"));
        write("src/hello/app.py", "");
        write(".aws-sam/build/template.yaml", &template("Hello"));
        write(".aws-sam/build/Hello/app.py", "");
        write(".aws-sam/build/Hello/boto3/__init__.py", "");
        let source = Source {
            template: home.join("template.yaml"),
            built: true,
            ..Source::default()
        };
        let shown = |path: &str| {
            let places = Template::read(&source).unwrap().source_places();
            places
                .show("Hello", &format!("/var/task/{path}"))
                .into_owned()
        };
        let at = |path: &str| home.join(path).display().to_string();
        assert_eq!(shown("app.py"), at("src/hello/app.py"));
        let package = ".aws-sam/build/Hello/boto3/__init__.py";
        assert_eq!(shown("boto3/__init__.py"), at(package));
        // The template that it was built from is not needed.
        write("template.yaml", "nonsense: [");
        assert_eq!(shown("app.py"), at(".aws-sam/build/Hello/app.py"));
    }
}
