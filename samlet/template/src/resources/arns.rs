//! The ARNs of the template's own resources, and how the template writes them: so that a message can name a resource
//! as its reader does.

use samlet_aws::Arn;
use serde::Serialize;

use crate::diagnostics::Location;
use crate::resolve::Scope;
use crate::yaml::Entry;

/// A declared resource that has an ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// Its type, such as `AWS::DynamoDB::Table`.
    pub kind: String,
    /// The name that it states, or `STACK-LOGICALID`.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// What gives the ARN in the template, such as `!GetAtt Table.Arn` or `!Ref Topic`.
    pub expression: String,
    /// Where it is declared.
    pub location: Location,
}

/// Those of `resources` that have an ARN.
///
/// What is wrong with a name is reported where the resource is read or referred to. A resource that samlet passes over
/// may have a name that can't be resolved here.
pub(crate) fn read(resources: &[&Entry], scope: &mut Scope<'_>) -> Vec<Resource> {
    let found = scope.findings.count();
    let resources = resources.iter();
    let resources = resources.filter_map(|entry| resource(entry, scope));
    let resources = resources.collect();
    scope.findings.take_back(found);
    resources
}

fn resource(entry: &Entry, scope: &mut Scope<'_>) -> Option<Resource> {
    let logical_id = &entry.key;
    let resource_type = scope.catalogue.find(entry.type_name());
    let (reference, expression) = match resource_type.arn()? {
        Some(attribute) => {
            let reference = format!("{logical_id}.{attribute}");
            let expression = format!("!GetAtt {reference}");
            (reference, expression)
        }
        None => (logical_id.clone(), format!("!Ref {logical_id}")),
    };
    let arn = scope.named(&reference, entry.at);
    Some(Resource {
        logical_id: logical_id.clone(),
        kind: resource_type.name.to_owned(),
        name: scope.physical_name(logical_id),
        arn: arn.parse().ok()?,
        expression,
        location: entry.at,
    })
}
