//! ARNs of streams, which name a table and, by its label, one of the streams that it has had.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-resources-for-iam-policies>

use std::fmt;
use std::ops::Deref;

use samlet_aws::{Arn, Place};

use super::super::tables::is_name;
use crate::Refusal;

/// `arn:PARTITION:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL`, of the place where it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamArn {
    text: String,
    table: String,
    label: String,
}

impl StreamArn {
    /// Reads one of this place: what was made of the same text anywhere else would be another stream.
    pub fn read(text: &str, place: &Place) -> Result<Self, Refusal> {
        let invalid = || Refusal::Validation(format!("Invalid StreamArn: {text}"));
        let arn: Arn = text.parse().map_err(|_| invalid())?;
        let resource = arn.resource().strip_prefix("table/").ok_or_else(invalid)?;
        let (table, label) = resource.split_once("/stream/").ok_or_else(invalid)?;
        let is_label = !label.is_empty() && !label.contains(['/', '*', '?']);
        if arn.service() != "dynamodb" || !is_name(table) || !is_label {
            return Err(invalid());
        }
        if arn != place.arn("dynamodb", arn.resource()) {
            let not_found = format!("Requested resource not found: Stream: {text} not found");
            return Err(Refusal::elsewhere(&arn, place, not_found));
        }
        Ok(Self {
            table: table.into(),
            label: label.into(),
            text: text.into(),
        })
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of its table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// When it was made, which tells it from the table's other streams.
    pub fn label(&self) -> &str {
        &self.label
    }
}

impl Deref for StreamArn {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
