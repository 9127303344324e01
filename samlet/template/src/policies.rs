//! AWS's managed policies and SAM's policy templates, for the services that are here.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>

use samlet_aws::Place;
use serde_json::{Value, json};

use crate::Policy;

/// `(actions, resources)` of one statement that allows.
type Grant = (&'static [&'static str], &'static [&'static str]);

const LOG_WRITING: Grant = (
    &[
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ],
    &["*"],
);

/// Managed policies by name, as far as they concern services that are here.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
const MANAGED: [(&str, &[Grant]); 19] = [
    ("AdministratorAccess", &[(&["*"], &["*"])]),
    (
        "AmazonAPIGatewayPushToCloudWatchLogs",
        &[(
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
            ],
            &["*"],
        )],
    ),
    ("AWSLambdaBasicExecutionRole", &[LOG_WRITING]),
    ("AWSLambdaVPCAccessExecutionRole", &[LOG_WRITING]),
    ("AWSLambdaSQSQueueExecutionRole", &[LOG_WRITING]),
    ("AWSLambdaKinesisExecutionRole", &[LOG_WRITING]),
    ("AWSXRayDaemonWriteAccess", &[]),
    ("AWSXrayWriteOnlyAccess", &[]),
    (
        "CloudWatchLambdaInsightsExecutionRolePolicy",
        &[LOG_WRITING],
    ),
    (
        "AWSLambdaDynamoDBExecutionRole",
        &[
            (
                &[
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                &["*"],
            ),
            LOG_WRITING,
        ],
    ),
    (
        "AWSLambdaExecute",
        &[(&["logs:*"], &["arn:aws:logs:*:*:*"])],
    ),
    ("AWSLambdaRole", &[(&["lambda:InvokeFunction"], &["*"])]),
    (
        "AWSLambda_FullAccess",
        &[(
            &[
                "lambda:*",
                "logs:DescribeLogStreams",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
            ],
            &["*"],
        )],
    ),
    (
        "AWSLambda_ReadOnlyAccess",
        &[(
            &["lambda:Get*", "lambda:List*", "logs:DescribeLogGroups"],
            &["*"],
        )],
    ),
    ("AmazonDynamoDBFullAccess", &[(&["dynamodb:*"], &["*"])]),
    ("AmazonDynamoDBFullAccess_v2", &[(&["dynamodb:*"], &["*"])]),
    (
        "AmazonDynamoDBReadOnlyAccess",
        &[(
            &[
                "dynamodb:BatchGetItem",
                "dynamodb:Describe*",
                "dynamodb:GetItem",
                "dynamodb:List*",
                "dynamodb:PartiQLSelect",
                "dynamodb:Query",
                "dynamodb:Scan",
            ],
            &["*"],
        )],
    ),
    ("CloudWatchLogsFullAccess", &[(&["logs:*"], &["*"])]),
    (
        "CloudWatchLogsReadOnlyAccess",
        &[(
            &[
                "logs:Describe*",
                "logs:Get*",
                "logs:List*",
                "logs:StartLiveTail",
                "logs:StopLiveTail",
                "logs:FilterLogEvents",
            ],
            &["*"],
        )],
    ),
];

const TABLE: &str = "dynamodb:table/${TableName}";
const INDEXES: &str = "dynamodb:table/${TableName}/index/*";
const BACKUPS: &str = "dynamodb:table/${TableName}/backup/*";

/// SAM's policy templates for services that are here: their parameters, and
/// what they grant. A resource is `service:rest`, in this region and account.
const TEMPLATES: [(&str, &[&str], &[Grant]); 9] = [
    (
        "DynamoDBBackupFullAccessPolicy",
        &["TableName"],
        &[
            (
                &[
                    "dynamodb:CreateBackup",
                    "dynamodb:DescribeContinuousBackups",
                ],
                &[TABLE],
            ),
            (
                &[
                    "dynamodb:DeleteBackup",
                    "dynamodb:DescribeBackup",
                    "dynamodb:ListBackups",
                ],
                &[BACKUPS],
            ),
        ],
    ),
    (
        "DynamoDBCrudPolicy",
        &["TableName"],
        &[(
            &[
                "dynamodb:GetItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:Scan",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:BatchGetItem",
                "dynamodb:DescribeTable",
                "dynamodb:ConditionCheckItem",
            ],
            &[TABLE, INDEXES],
        )],
    ),
    (
        "DynamoDBReadPolicy",
        &["TableName"],
        &[(
            &[
                "dynamodb:GetItem",
                "dynamodb:Scan",
                "dynamodb:Query",
                "dynamodb:BatchGetItem",
                "dynamodb:DescribeTable",
            ],
            &[TABLE, INDEXES],
        )],
    ),
    (
        "DynamoDBReconfigurePolicy",
        &["TableName"],
        &[(&["dynamodb:UpdateTable"], &[TABLE])],
    ),
    (
        "DynamoDBRestoreFromBackupPolicy",
        &["TableName"],
        &[
            (&["dynamodb:RestoreTableFromBackup"], &[BACKUPS]),
            (
                &[
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:Scan",
                    "dynamodb:BatchWriteItem",
                ],
                &[TABLE],
            ),
        ],
    ),
    (
        "DynamoDBStreamReadPolicy",
        &["StreamName", "TableName"],
        &[
            (
                &[
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                ],
                &["dynamodb:table/${TableName}/stream/${StreamName}"],
            ),
            (
                &["dynamodb:ListStreams"],
                &["dynamodb:table/${TableName}/stream/*"],
            ),
        ],
    ),
    (
        "DynamoDBWritePolicy",
        &["TableName"],
        &[(
            &[
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:BatchWriteItem",
            ],
            &[TABLE, INDEXES],
        )],
    ),
    (
        "FilterLogEventsPolicy",
        &["LogGroupName"],
        &[(
            &["logs:FilterLogEvents"],
            &["logs:log-group:${LogGroupName}:log-stream:*"],
        )],
    ),
    (
        "LambdaInvokePolicy",
        &["FunctionName"],
        &[(
            &["lambda:InvokeFunction"],
            &["lambda:function:${FunctionName}*"],
        )],
    ),
];

/// The others, and their parameters: what they grant concerns services that
/// are not here.
const OTHER_TEMPLATES: [(&str, &[&str]); 72] = [
    ("AMIDescribePolicy", &[]),
    ("AWSSecretsManagerGetSecretValuePolicy", &["SecretArn"]),
    ("AWSSecretsManagerRotationPolicy", &["FunctionName"]),
    ("AcmGetCertificatePolicy", &["CertificateArn"]),
    ("AthenaQueryPolicy", &["WorkGroupName"]),
    ("CloudFormationDescribeStacksPolicy", &[]),
    ("CloudWatchDashboardPolicy", &[]),
    ("CloudWatchDescribeAlarmHistoryPolicy", &[]),
    ("CloudWatchPutMetricPolicy", &[]),
    ("CodeCommitCrudPolicy", &["RepositoryName"]),
    ("CodeCommitReadPolicy", &["RepositoryName"]),
    ("CodePipelineLambdaExecutionPolicy", &[]),
    ("CodePipelineReadOnlyPolicy", &["PipelineName"]),
    ("ComprehendBasicAccessPolicy", &[]),
    ("CostExplorerReadOnlyPolicy", &[]),
    ("EC2CopyImagePolicy", &["ImageId"]),
    ("EC2DescribePolicy", &[]),
    ("EFSWriteAccessPolicy", &["AccessPoint", "FileSystem"]),
    ("EKSDescribePolicy", &[]),
    ("EcsRunTaskPolicy", &["TaskDefinition"]),
    ("ElasticMapReduceAddJobFlowStepsPolicy", &["ClusterId"]),
    ("ElasticMapReduceCancelStepsPolicy", &["ClusterId"]),
    ("ElasticMapReduceModifyInstanceFleetPolicy", &["ClusterId"]),
    ("ElasticMapReduceModifyInstanceGroupsPolicy", &["ClusterId"]),
    (
        "ElasticMapReduceSetTerminationProtectionPolicy",
        &["ClusterId"],
    ),
    ("ElasticMapReduceTerminateJobFlowsPolicy", &["ClusterId"]),
    ("ElasticsearchHttpPostPolicy", &["DomainName"]),
    ("EventBridgePutEventsPolicy", &["EventBusName"]),
    ("FirehoseCrudPolicy", &["DeliveryStreamName"]),
    ("FirehoseWritePolicy", &["DeliveryStreamName"]),
    ("KMSDecryptPolicy", &["KeyId"]),
    ("KMSEncryptPolicy", &["KeyId"]),
    ("KMSEncryptPolicy_v2", &["KeyId"]),
    ("KinesisCrudPolicy", &["StreamName"]),
    ("KinesisStreamReadPolicy", &["StreamName"]),
    ("MobileAnalyticsWriteOnlyAccessPolicy", &[]),
    ("OrganizationsListAccountsPolicy", &[]),
    ("PinpointEndpointAccessPolicy", &["PinpointApplicationId"]),
    ("PollyFullAccessPolicy", &["LexiconName"]),
    ("RekognitionDetectOnlyPolicy", &[]),
    ("RekognitionFacesManagementPolicy", &["CollectionId"]),
    ("RekognitionFacesPolicy", &[]),
    ("RekognitionLabelsPolicy", &[]),
    ("RekognitionNoDataAccessPolicy", &["CollectionId"]),
    ("RekognitionReadPolicy", &["CollectionId"]),
    ("RekognitionWriteOnlyAccessPolicy", &["CollectionId"]),
    ("Route53ChangeResourceRecordSetsPolicy", &["HostedZoneId"]),
    ("S3CrudPolicy", &["BucketName"]),
    ("S3FullAccessPolicy", &["BucketName"]),
    ("S3ReadPolicy", &["BucketName"]),
    ("S3WritePolicy", &["BucketName"]),
    ("SESBulkTemplatedCrudPolicy", &["IdentityName"]),
    (
        "SESBulkTemplatedCrudPolicy_v2",
        &["IdentityName", "TemplateName"],
    ),
    ("SESCrudPolicy", &["IdentityName"]),
    ("SESEmailTemplateCrudPolicy", &[]),
    ("SESSendBouncePolicy", &["IdentityName"]),
    ("SNSCrudPolicy", &["TopicName"]),
    ("SNSPublishMessagePolicy", &["TopicName"]),
    ("SQSPollerPolicy", &["QueueName"]),
    ("SQSSendMessagePolicy", &["QueueName"]),
    ("SSMParameterReadPolicy", &["ParameterName"]),
    ("SSMParameterWithSlashPrefixReadPolicy", &["ParameterName"]),
    (
        "SageMakerCreateEndpointConfigPolicy",
        &["EndpointConfigName"],
    ),
    ("SageMakerCreateEndpointPolicy", &["EndpointName"]),
    ("ServerlessRepoReadWriteAccessPolicy", &[]),
    ("StepFunctionsCallbackPolicy", &["StateMachineName"]),
    ("StepFunctionsExecutionPolicy", &["StateMachineName"]),
    ("StepFunctionsExecutionPolicy_v2", &["StateMachineName"]),
    ("TextractDetectAnalyzePolicy", &[]),
    ("TextractGetResultPolicy", &[]),
    ("TextractPolicy", &[]),
    ("VPCAccessPolicy", &[]),
];

/// A managed policy of AWS.
pub(crate) fn managed(name: &str) -> Option<Policy> {
    let (_, grants) = MANAGED.iter().find(|(known, _)| *known == name)?;
    Some(policy(name, grants, &|resource| resource.to_owned()))
}

/// The parameters of a policy template; `None` when SAM has none of this name.
pub(crate) fn template_parameters(name: &str) -> Option<&'static [&'static str]> {
    let here = TEMPLATES
        .iter()
        .map(|(name, parameters, _)| (*name, *parameters));
    let mut all = here.chain(OTHER_TEMPLATES);
    all.find(|(known, _)| *known == name)
        .map(|(_, parameters)| parameters)
}

/// All policy templates of SAM.
pub(crate) fn template_names() -> Vec<&'static str> {
    let here = TEMPLATES.iter().map(|(name, ..)| *name);
    here.chain(OTHER_TEMPLATES.map(|(name, _)| name)).collect()
}

/// What a policy template makes; `None` when it grants nothing that is here.
pub(crate) fn template<'v>(
    name: &str,
    place: &Place,
    value: &impl Fn(&str) -> Option<&'v str>,
) -> Option<Policy> {
    let (_, parameters, grants) = TEMPLATES.iter().find(|(known, ..)| *known == name)?;
    let resource = |resource: &str| {
        let (service, rest) = resource.split_once(':').unwrap_or((resource, ""));
        let rest = parameters.iter().fold(rest.to_owned(), |rest, parameter| {
            rest.replace(
                &format!("${{{parameter}}}"),
                value(parameter).unwrap_or_default(),
            )
        });
        place.arn(service, rest).into()
    };
    Some(policy(name, grants, &resource))
}

fn policy(name: &str, grants: &[Grant], resource: &dyn Fn(&str) -> String) -> Policy {
    let statement = |(actions, resources): &Grant| {
        let resources: Vec<String> = resources.iter().map(|text| resource(text)).collect();
        json!({"Effect": "Allow", "Action": actions, "Resource": resources})
    };
    let statements: Vec<Value> = grants.iter().map(statement).collect();
    Policy {
        name: name.to_owned(),
        document: json!({"Version": "2012-10-17", "Statement": statements}),
        locations: Vec::new(),
    }
}
