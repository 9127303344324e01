//! AWS::Serverless::LayerVersion, which is not provided here.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html>

use crate::types::{Dependencies, Globals, ResourceType};

pub(super) static LAYER_VERSION: ResourceType = ResourceType {
    globals: Some(Globals {
        section: "LayerVersion",
        properties: &["PublishLambdaVersion"],
    }),
    dependencies: Dependencies::Unknown,
    ..ResourceType::new("AWS::Serverless::LayerVersion")
};
