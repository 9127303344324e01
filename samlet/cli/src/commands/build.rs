//! `samlet build`: builds the functions, and starts nothing.

use samlet_build::Mode;
use samlet_run::{DataFolder, Settings};

use crate::args::BuildArgs;
use crate::error::Error;
use crate::running::progress;
use crate::template;

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
