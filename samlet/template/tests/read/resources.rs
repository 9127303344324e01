//! Types of resources: that a further one is data, and what holds of each.

use samlet_template::resource_type::{
    Attributes, Given, Handling, Naming, Property, ResourceType, Shape, has, must, unnoticed,
};
use samlet_template::{Declared, read};
use serde_json::json;

use super::{CATALOGUE, application, errors, lines, problems_with, settings};

const PROPERTIES: &[Property] = &[
    must("BellName", Shape::Text),
    has("Loudness", Shape::Whole(1, 11)),
    has("Muffled", Shape::Bool),
    has(
        "Clappers",
        Shape::List(&Shape::Object(&[has("Grams", Shape::Whole(1, 5000))])),
    ),
    has("BellPolicy", Shape::Any),
    unnoticed("Colour"),
];

static BELL: ResourceType = ResourceType {
    properties: PROPERTIES,
    naming: Naming::By("BellName"),
    attributes: Attributes::Only(&[
        ("Arn", Given::arn("bells", "bell/{name}")),
        (
            "Url",
            Given::Late("https://bells.{region}.{url_suffix}/{name}"),
        ),
    ]),
    handling: Handling::Declared {
        policy: Some("BellPolicy"),
    },
    ..ResourceType::new("AWS::Bells::Bell")
};

const TEMPLATE: &str = "
Resources:
  Main:
    Type: AWS::Bells::Bell
    Properties:
      BellName: !Sub '${AWS::StackName}-main'
      Loudness: 11
      Muffled: false
      Clappers: [{Grams: '70'}]
      Colour: red
      BellPolicy:
        Statement:
          - {Effect: Allow, Principal: '*', Action: bells:Ring, Resource: !Sub 'arn:aws:bells:*:*:bell/${AWS::StackName}-main'}
Outputs:
  Arn: {Value: !GetAtt Main.Arn}
  Url: {Value: !GetAtt Main.Url}
";

#[test]
fn a_further_type_is_read_by_what_is_said_of_it() {
    let catalogue = CATALOGUE.clone().with_types([&BELL]);
    let application = read(TEMPLATE, &settings(), &catalogue).unwrap();
    let outputs = application.outputs.iter();
    let outputs: Vec<&str> = outputs.map(|output| output.value.as_str()).collect();
    assert_eq!(
        outputs,
        [
            "arn:aws:bells:us-east-1:123456789012:bell/local-main",
            "https://bells.us-east-1.amazonaws.com/local-main",
        ]
    );
    assert_eq!(application.late.len(), 1);
    assert_eq!(application.warnings, []);
    let [declared] = &application.declared[..] else {
        panic!("{:?}", application.declared);
    };
    let Declared {
        logical_id,
        kind,
        name,
        properties,
        policy,
        ..
    } = declared;
    assert_eq!(
        (logical_id.as_str(), *kind, name.as_str()),
        ("Main", "AWS::Bells::Bell", "local-main")
    );
    // As its service's own API would have them: typed, and without what has no effect.
    let mut properties = properties.clone();
    let document = properties.as_object_mut().unwrap().remove("BellPolicy");
    assert!(document.unwrap()["Statement"].is_array());
    assert_eq!(
        properties,
        json!({"BellName": "local-main", "Loudness": 11, "Muffled": false, "Clappers": [{"Grams": 70}]})
    );
    let policy = policy.as_ref().unwrap();
    assert_eq!(policy.places, ["template.yaml:13"]);
}

#[test]
fn a_further_types_mistakes_are_found_as_those_of_any() {
    let catalogue = CATALOGUE.clone().with_types([&BELL]);
    let source = TEMPLATE
        .replace("Loudness: 11", "Loudnes: 11")
        .replace("Main.Url", "Main.Uri")
        .replace("Principal: '*', ", "");
    let problems = read(&source, &settings(), &catalogue).unwrap_err();
    let errors = lines(&problems.errors).join("\n");
    for expected in [
        "Loudnes",
        "did you mean `Loudness`?",
        "Main has no attribute `Uri` (it has Arn and Url)",
        "13:13 the policy BellPolicy of Main cannot be enforced",
    ] {
        assert!(errors.contains(expected), "{expected}: {errors}");
    }
}

#[test]
fn two_resources_of_a_type_cannot_share_a_name() {
    let catalogue = CATALOGUE.clone().with_types([&BELL]);
    let second = "  Second: {Type: AWS::Bells::Bell, Properties: {BellName: local-main}}\nOutputs:";
    let source = TEMPLATE.replace("Outputs:", second);
    let problems = read(&source, &settings(), &catalogue).unwrap_err();
    assert_eq!(
        lines(&problems.errors),
        ["14:3 another bell is named local-main too (-)"]
    );
}

#[test]
fn warnings_are_given_beside_errors() {
    let source = "
Resources:
  Queue: {Type: AWS::SQS::Queue}
Outputs:
  Wrong: {Value: !Ref Nothing}
";
    let problems = problems_with(source, &settings());
    assert_eq!((problems.errors.len(), problems.warnings.len()), (1, 1));
    assert_eq!(errors(source).len(), 1);
}

/// A table with this key and these definitions.
fn table(key: &str, definitions: &str) -> String {
    format!(
        "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: {key}
      AttributeDefinitions: {definitions}
"
    )
}

#[test]
fn a_tables_key_has_its_attributes_and_their_types() {
    let source = table(
        "[{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]",
        "[{AttributeName: sk, AttributeType: N}, {AttributeName: pk, AttributeType: S}]",
    );
    let application = application(&source);
    let key = &application.tables[0].key_schema.0;
    let key: Vec<(&str, &str)> = key
        .iter()
        .map(|part| (part.name.as_str(), part.attribute_type.as_str()))
        .collect();
    assert_eq!(key, [("pk", "S"), ("sk", "N")]);
}

#[test]
fn a_key_that_dynamodb_refuses_is_refused_at_its_place() {
    let definitions =
        "[{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]";
    let order = "7:18 KeySchema must have a HASH key first, and at most one RANGE key after it (-)";
    for (key, expected) in [
        ("[{AttributeName: sk, KeyType: RANGE}]", order),
        (
            "[{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: HASH}]",
            order,
        ),
        (
            "[{AttributeName: other, KeyType: HASH}]",
            "7:35 the key attribute `other` is not defined (add it to AttributeDefinitions: \
             `- {AttributeName: other, AttributeType: S}`)",
        ),
    ] {
        assert_eq!(errors(&table(key, definitions)), [expected]);
    }
}

#[test]
fn a_key_that_cannot_be_read_is_reported_once() {
    let key = "[{AttributeName: pk, KeyType: HASH}]";
    let definitions = "[{AttributeName: pk}]";
    let expected = "8:30 AttributeDefinitions needs AttributeType (add `AttributeType: …`)";
    assert_eq!(errors(&table(key, definitions)), [expected]);
    let definitions = "[{AttributeName: pk, AttributeType: S}]";
    assert_eq!(
        errors(&table("", definitions)),
        [
            "3:3 AWS::DynamoDB::Table needs KeySchema (add `KeySchema: …`)",
            "7:7 KeySchema is a list (-)",
        ]
    );
}

#[test]
fn a_type_of_sams_own_that_nobody_has_described_goes_in_no_circles() {
    // SAM makes an API of it, and data sources: the function needs the former, the latter the function.
    let source = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Get:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      Environment: {Variables: {URL: !GetAtt Graph.GraphQLUrl}}
  Graph:
    Type: AWS::Serverless::GraphQLApi
    Properties: {DataSources: {Lambda: {Get: {FunctionArn: !GetAtt Get.Arn}}}}
";
    assert_eq!(application(source).functions.len(), 1);
}

#[test]
fn a_resource_that_is_not_provided_has_the_name_that_it_states() {
    for (kind, property) in [
        ("AWS::DynamoDB::GlobalTable", "TableName"),
        ("AWS::ECR::Repository", "RepositoryName"),
        ("AWS::Events::EventBus", "Name"),
        ("AWS::S3Express::DirectoryBucket", "BucketName"),
    ] {
        let source = format!(
            "
Resources:
  It: {{Type: {kind}, Properties: {{{property}: stated}}}}
Outputs:
  Name: {{Value: !Ref It}}
"
        );
        assert_eq!(application(&source).outputs[0].value, "stated", "{kind}");
    }
}

#[test]
fn a_wrong_name_is_reported_though_only_an_output_refers_to_it() {
    let source = "
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Nothing}}
Outputs:
  Name: {Value: !Ref Bucket}
";
    let expected = "3:60 `Nothing` is neither a parameter nor a resource of this template (-)";
    assert_eq!(errors(source), [expected]);
}
