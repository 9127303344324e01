//! AWS::Serverless::StateMachine and AWS::StepFunctions::StateMachine, which are not provided here.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html>

use crate::types::{Attributes, Companion, Dependencies, Given, Globals, ResourceType};

const ARN: Given = Given::arn("states", "stateMachine:{name}");

/// Its role, whose attributes are not worked out.
const COMPANIONS: &[Companion] = &[Companion {
    suffix: "Role",
    reference: None,
    attributes: Some(Attributes::ANY),
}];

pub(super) static SERVERLESS: ResourceType = ResourceType {
    globals: Some(Globals {
        section: "StateMachine",
        properties: &["PropagateTags"],
    }),
    reference: ARN,
    companions: COMPANIONS,
    dependencies: Dependencies::Unknown,
    ..ResourceType::new("AWS::Serverless::StateMachine")
};

pub(super) static STEP_FUNCTIONS: ResourceType = ResourceType {
    reference: ARN,
    ..ResourceType::new("AWS::StepFunctions::StateMachine")
};
