//! The arguments of `samlet estimate`.

use std::path::PathBuf;

use clap::Args;
use samlet_estimate::{Given, Named};

use super::{ApplicationArgs, Format, SecretArgs};

#[derive(Debug, Args)]
pub(crate) struct EstimateArgs {
    #[command(flatten)]
    pub(crate) application: ApplicationArgs,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// Requests a second, on average over the month: what is paid for
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_above_zero,
        required_unless_present_any = ["print_prices", "print_quotas"]
    )]
    pub(crate) rate: Option<f64>,
    /// Requests a second at the peak: what quotas must hold [default: the rate]
    #[arg(long, value_name = "N", value_parser = parse_above_zero)]
    pub(crate) peak_rate: Option<f64>,
    /// How requests divide among functions, by logical id or the beginning of
    /// one, and routes, as 'GET /path' [default: all routes alike]
    #[arg(long, value_name = "NAME=WEIGHT", value_delimiter = ',', value_parser = parse_weight)]
    pub(crate) mix: Vec<(String, f64)>,
    /// How long invocations take, of all functions or of one [default: as measured here]
    #[arg(long, value_name = "[FUNCTION=]MS", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) duration_ms: Vec<Named>,
    /// Items that an invocation reads [default: as measured; else one, where
    /// its policies allow it]
    #[arg(long, value_name = "[FUNCTION=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) reads: Vec<Named>,
    /// Items that an invocation writes [default: as measured; else one, where
    /// its policies allow it]
    #[arg(long, value_name = "[FUNCTION=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) writes: Vec<Named>,
    /// Bytes that an invocation logs [default: as measured]
    #[arg(long, value_name = "[FUNCTION=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) log_bytes: Vec<Named>,
    /// Bytes of a response, with its headers [default: 1024]
    #[arg(long, value_name = "[FUNCTION=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) response_bytes: Vec<Named>,
    /// Bytes of an item [default: as stored here]
    #[arg(long, value_name = "[TABLE=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) item_bytes: Vec<Named>,
    /// GB that a table holds [default: as stored here]
    #[arg(long, value_name = "[TABLE=]N", value_delimiter = ',', value_parser = parse_named)]
    pub(crate) stored_gb: Vec<Named>,
    /// Reads are strongly consistent, which take twice the units
    #[arg(long)]
    pub(crate) consistent_reads: bool,
    /// The share of invocations that begin a new environment; AWS tells of
    /// under 1 % in production
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, value_parser = parse_share)]
    pub(crate) cold_share: f64,
    /// The AWS region
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Another table of prices
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Another table of quotas
    #[arg(long, value_name = "FILE")]
    pub(crate) quotas: Option<PathBuf>,
    /// Print the table of prices, to be edited, and nothing else
    #[arg(long, conflicts_with = "print_quotas")]
    pub(crate) print_prices: bool,
    /// Print the table of quotas, to be edited, and nothing else
    #[arg(long)]
    pub(crate) print_quotas: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl EstimateArgs {
    /// What they say of the load.
    pub(crate) fn given(&self) -> Given {
        Given {
            rate: self.rate.unwrap_or_default(),
            peak_rate: self.peak_rate,
            region: self.region.clone(),
            cold_share: self.cold_share,
            consistent_reads: self.consistent_reads,
            duration_ms: self.duration_ms.clone(),
            reads: self.reads.clone(),
            writes: self.writes.clone(),
            log_bytes: self.log_bytes.clone(),
            response_bytes: self.response_bytes.clone(),
            item_bytes: self.item_bytes.clone(),
            stored_gb: self.stored_gb.clone(),
        }
    }
}

fn parse_above_zero(text: &str) -> Result<f64, String> {
    let number = parse_number(text)?;
    match number > 0.0 {
        true => Ok(number),
        false => Err("it must be above zero".into()),
    }
}

fn parse_number(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let sound = number.filter(|number| number.is_finite() && *number >= 0.0);
    sound.ok_or_else(|| format!("`{text}` is no number from 0 on"))
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = parse_number(text)?;
    match share <= 1.0 {
        true => Ok(share),
        false => Err("a share is from 0 to 1".into()),
    }
}

/// `NAME=WEIGHT`; a route has blanks in it.
fn parse_weight(text: &str) -> Result<(String, f64), String> {
    let (name, weight) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("`{text}` is not NAME=WEIGHT"))?;
    Ok((name.trim().to_owned(), parse_number(weight)?))
}

fn parse_named(text: &str) -> Result<Named, String> {
    match text.rsplit_once('=') {
        Some((name, value)) => Ok(Named {
            name: Some(name.trim().to_owned()),
            value: parse_number(value)?,
        }),
        None => Ok(Named {
            name: None,
            value: parse_number(text)?,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_one_or_of_all() {
        let named = |name: Option<&str>, value| {
            Ok(Named {
                name: name.map(str::to_owned),
                value,
            })
        };
        assert_eq!(parse_named("12"), named(None, 12.0));
        assert_eq!(parse_named("Create=1.5"), named(Some("Create"), 1.5));
        for wrong in ["Create=", "x", "-1", "inf", "Create=-1"] {
            assert!(parse_named(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            parse_weight("GET /a={b}=2"),
            Ok(("GET /a={b}".to_owned(), 2.0))
        );
        assert!(parse_weight("create").is_err());
        assert!(parse_above_zero("0").is_err());
        assert!(parse_share("1.1").is_err());
    }
}
