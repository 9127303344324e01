//! What the targets share: where a template is deployed to, and an API of each kind.

use std::sync::LazyLock;

use samlet_aws::Place;
use samlet_gateway::fuzzing::Mute;
use samlet_template::{ApiKind, Catalogue, PayloadFormat, Settings, read};

/// What templates are read with.
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::new([
        include_str!("../../samlet/dynamodb/src/actions.txt"),
        include_str!("../../samlet/sts/src/actions.txt"),
        include_str!("../../samlet/gateway/src/actions.txt"),
        include_str!("../../samlet/lambda/src/actions.txt"),
        include_str!("../../samlet/logs/src/actions.txt"),
        include_str!("../../samlet/traces/src/actions.txt"),
    ])
    .with_condition_keys([
        include_str!("../../samlet/dynamodb/src/condition_keys.txt"),
        include_str!("../../samlet/sts/src/condition_keys.txt"),
        include_str!("../../samlet/gateway/src/condition_keys.txt"),
        include_str!("../../samlet/lambda/src/condition_keys.txt"),
        include_str!("../../samlet/logs/src/condition_keys.txt"),
        include_str!("../../samlet/traces/src/condition_keys.txt"),
    ])
});

/// What templates are read for.
pub fn settings() -> Settings {
    Settings::new(Place::new("us-east-1", "123456789012", "local"))
}

/// The shapes that events and answers have.
pub const SHAPES: [(ApiKind, PayloadFormat); 3] = [
    (ApiKind::Rest, PayloadFormat::V1),
    (ApiKind::Http, PayloadFormat::V1),
    (ApiKind::Http, PayloadFormat::V2),
];

/// The stage of each API, which may stand before a path.
pub const STAGE: &str = "live";

/// The same routes in an API of each shape.
const ROUTES: [&str; 4] = ["/", "/b/{id}", "/b/{id}/c", "/f/{rest+}"];

/// An API of each of [`SHAPES`]; images are binary to it, and it has a stage variable.
pub fn apis() -> [Mute; 3] {
    SHAPES.map(|(kind, format)| {
        let (resource, event, api, variables) = match kind {
            ApiKind::Rest => ("Api", "Api", "RestApiId", "Variables"),
            ApiKind::Http => ("HttpApi", "HttpApi", "ApiId", "StageVariables"),
        };
        let version = match (kind, format) {
            (ApiKind::Rest, _) => "",
            (_, PayloadFormat::V1) => ", PayloadFormatVersion: '1.0'",
            (_, PayloadFormat::V2) => ", PayloadFormatVersion: '2.0'",
        };
        let binary = match kind {
            ApiKind::Rest => ", BinaryMediaTypes: [image~1*]",
            ApiKind::Http => "",
        };
        let routes = ROUTES.iter().enumerate().map(|(number, path)| {
            format!(
                "        R{number}: {{Type: {event}, Properties: {{Path: '{path}', Method: ANY, \
                 {api}: !Ref Gateway{version}}}}}\n"
            )
        });
        let source = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Gateway:\n    \
             Type: AWS::Serverless::{resource}\n    \
             Properties: {{StageName: {STAGE}, {variables}: {{colour: blue}}{binary}}}\n  \
             Function:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
             CodeUri: function\n      Handler: bootstrap\n      Runtime: provided.al2023\n      \
             Events:\n{}",
            routes.collect::<String>()
        );
        let application = read(&source, &settings(), &CATALOGUE);
        let mut application = application.unwrap_or_else(|errors| panic!("{errors:#?}\n{source}"));
        Mute::new(application.apis.remove(0))
    })
}

/// Texts that a fuzzer can make up of pieces that mean something.
pub fn pieced(pieces: &[&str], choices: &[u8]) -> String {
    let chosen = choices.iter().take(12);
    chosen
        .map(|choice| pieces[usize::from(*choice) % pieces.len()])
        .collect()
}

/// Whether a text matches a pattern of `*` and, where it is a wildcard too, `?`:
/// as slowly as it can be said.
pub fn like(pattern: &[char], text: &[char], question: bool) -> bool {
    // Whether what is left of the text from here matches what was looked at of the pattern.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for token in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let before = at > 0 && reached[at - 1];
            next[at] = match token {
                '*' => reached[at] || (at > 0 && next[at - 1]),
                '?' if question => before,
                token => before && text[at - 1] == *token,
            };
        }
        reached = next;
    }
    reached[text.len()]
}
