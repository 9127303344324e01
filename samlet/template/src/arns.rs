//! The ARNs of the template's own resources, and how the template writes them: so that a message can name a resource
//! as its reader does.

use crate::DeclaredArn;
use crate::resolve::Scope;
use crate::yaml::Entry;

/// Those of `resources` that have an ARN.
///
/// What is wrong with a name is reported where the resource is read or referred to. A resource that samlet passes over
/// may have a name that can't be resolved here.
pub(crate) fn read(resources: &[&Entry], scope: &mut Scope<'_>) -> Vec<DeclaredArn> {
    let found = scope.findings.count();
    let resources = resources.iter();
    let resources = resources.filter_map(|entry| resource(entry, scope));
    let resources = resources.collect();
    scope.findings.take_back(found);
    resources
}

fn resource(entry: &Entry, scope: &mut Scope<'_>) -> Option<DeclaredArn> {
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
    Some(DeclaredArn {
        logical_id: logical_id.clone(),
        kind: resource_type.name.to_owned(),
        name: scope.physical_name(logical_id),
        arn: arn.parse().ok()?,
        expression,
        location: entry.at,
    })
}
