//! `samlet build`, and how the commands that start an application have its functions built.

use std::path::PathBuf;

use samlet_build::{Build, Mode, Progress};

use crate::args::{BuildArgs, StartArgs};
use samlet_run::DataFolder;
use crate::error::Error;
use crate::template::Template;
use crate::terminal;

/// `samlet build`.
pub(crate) fn command(args: &BuildArgs) -> Result<(), Error> {
    let config = args.application.config("build")?;
    let template = Template::read(&args.application, &config, false)?;
    let data = DataFolder::open(&args.application.data_dir())?;
    let mode = if args.release {
        Mode::Release
    } else {
        Mode::Dev
    };
    let build = of(&template, &data, mode);
    build.make()?;
    build.programs()?;
    Ok(())
}

/// How the functions of `template` are built, in the data folder.
pub(crate) fn of<'t>(template: &'t Template, data: &DataFolder, mode: Mode) -> Build<'t> {
    in_folder(template, data.build(), mode)
}

/// How the functions of `template` are built, in `build_folder`.
pub(crate) fn in_folder(template: &Template, build_folder: PathBuf, mode: Mode) -> Build<'_> {
    let progress = Progress {
        quiet: terminal::is_quiet(),
        show: terminal::print_status,
    };
    Build::new(
        &template.application,
        template.folder(),
        build_folder,
        mode,
        progress,
    )
}

/// What `samlet start` was asked to build.
pub(crate) fn mode(args: &StartArgs) -> Mode {
    if args.no_build {
        return Mode::None;
    }
    if args.built {
        return Mode::BuiltBySam;
    }
    if args.release {
        return Mode::Release;
    }
    Mode::Dev
}
