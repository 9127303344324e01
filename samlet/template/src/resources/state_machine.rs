//! AWS::Serverless::StateMachine and AWS::StepFunctions::StateMachine, which are not provided here.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html>
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html>

use super::{Companion, Dependencies, Given, Globals, ResourceType};
use crate::sam::companions::ANY_ATTRIBUTE;

const ARN: Given = Given::arn("states", "stateMachine:{name}");

/// Its role, whose attributes are not worked out.
const COMPANIONS: &[Companion] = &[Companion {
    suffix: "Role",
    reference: None,
    attributes: Some(ANY_ATTRIBUTE),
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
