//! Values of parameters, as SAM CLI writes them on its command line and in its settings.

/// `Key=Value`, or SAM CLI's older `ParameterKey=Key,ParameterValue=Value`.
pub(crate) fn parse_override(text: &str) -> Result<(String, String), String> {
    let (key, value) = match text.strip_prefix("ParameterKey=") {
        Some(rest) => rest.split_once(",ParameterValue="),
        None => text.split_once('='),
    }
    .ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.trim_matches('"').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_given_in_both_of_sam_clis_spellings() {
        let pair = ("Stage".to_owned(), "a=b".to_owned());
        assert_eq!(parse_override("Stage=a=b"), Ok(pair.clone()));
        assert_eq!(
            parse_override("ParameterKey=Stage,ParameterValue=a=b"),
            Ok(pair)
        );
        assert!(parse_override("Stage").is_err());
    }
}
