//! `samlet build`, and how the commands that start an application have its functions built.

use samlet_build::{Mode, Progress};
use samlet_run::{DataFolder, Settings};

use crate::args::{BuildArgs, StartArgs};
use crate::error::Error;
use crate::{template, terminal};

/// `samlet build`.
pub(crate) fn command(args: &BuildArgs) -> Result<(), Error> {
    let config = args.application.config("build")?;
    let template = template::read(&args.application, &config, false)?;
    let data = DataFolder::open(&args.application.data_dir())?;
    let mode = if args.release {
        Mode::Release
    } else {
        Mode::Dev
    };
    let settings = Settings {
        mode,
        progress: progress(),
        ..Settings::default()
    };
    let build = settings.build(&template, &data.build());
    build.make()?;
    build.programs()?;
    Ok(())
}

/// How building reports what it does.
pub(crate) fn progress() -> Progress {
    Progress {
        quiet: terminal::is_quiet(),
        show: terminal::print_status,
    }
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
