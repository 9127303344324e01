//! The arguments of `samlet generate-event`: SAM CLI's.

use clap::{Args, Subcommand};

/// By the service that would send it.
#[derive(Debug, Subcommand)]
pub(crate) enum GenerateEventCommand {
    /// Requests to an API
    #[command(subcommand)]
    Apigateway(ApiGatewayEvent),
    /// Messages of a queue
    #[command(subcommand)]
    Sqs(SqsEvent),
    /// Notifications of a topic
    #[command(subcommand)]
    Sns(SnsEvent),
    /// Changes of a table, from its stream
    #[command(subcommand)]
    Dynamodb(DynamoDbEvent),
    /// Events of a schedule
    #[command(subcommand)]
    Cloudwatch(CloudWatchEvent),
    /// Events of an event bus
    #[command(subcommand)]
    Eventbridge(EventBridgeEvent),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiGatewayEvent {
    /// A request to a REST API
    AwsProxy {
        #[command(flatten)]
        http: HttpArgs,
        /// The path as the template declares it
        #[arg(long, default_value = "/{proxy+}")]
        resource: String,
        /// The query's parameters, as a JSON object
        #[arg(long, value_name = "JSON", default_value = r#"{"foo": "bar"}"#)]
        querystringparameters: String,
    },
    /// A request to an HTTP API, in format 2.0
    HttpApiProxy {
        #[command(flatten)]
        http: HttpArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct HttpArgs {
    /// The request's body
    #[arg(long, default_value = r#"{"test":"body"}"#)]
    pub(crate) body: String,
    /// The API's stage [default: prod, or $default of an HTTP API]
    #[arg(long)]
    pub(crate) stage: Option<String>,
    /// The request's method
    #[arg(long, default_value = "POST")]
    pub(crate) method: String,
    /// The request's path
    #[arg(long, default_value = "path/to/resource")]
    pub(crate) path: String,
    /// The account of the API
    #[arg(long, default_value = "123456789012")]
    pub(crate) account_id: String,
    /// What the API's domain name ends in
    #[arg(long, default_value = "us-east-1.amazonaws.com")]
    pub(crate) dns_suffix: String,
}

/// Where what sends an event is.
#[derive(Debug, Args)]
pub(crate) struct EventPlace {
    /// The partition in ARNs
    #[arg(long, default_value = "aws")]
    pub(crate) partition: String,
    /// The region
    #[arg(long, default_value = "us-east-1")]
    pub(crate) region: String,
    /// The account
    #[arg(long, default_value = "123456789012")]
    pub(crate) account_id: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SqsEvent {
    /// A message that was received
    ReceiveMessage {
        #[command(flatten)]
        place: EventPlace,
        /// The queue
        #[arg(long, default_value = "MyQueue")]
        queue_name: String,
        /// The message's body
        #[arg(long, default_value = "Hello from SQS!")]
        body: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SnsEvent {
    /// A message that was published
    Notification {
        #[command(flatten)]
        place: EventPlace,
        /// The topic
        #[arg(long, default_value = "ExampleTopic")]
        topic: String,
        /// The message's subject
        #[arg(long, default_value = "example subject")]
        subject: String,
        /// The message
        #[arg(long, default_value = "example message")]
        message: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DynamoDbEvent {
    /// An item that is made, changed and deleted
    Update {
        #[command(flatten)]
        place: EventPlace,
        /// The table
        #[arg(long, default_value = "ExampleTableWithStream")]
        table: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CloudWatchEvent {
    /// What a schedule sends
    ScheduledEvent {
        #[command(flatten)]
        place: EventPlace,
        /// The schedule's rule
        #[arg(long, default_value = "ExampleRule")]
        rule: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EventBridgeEvent {
    /// What a rule on an event bus sends
    Event {
        #[command(flatten)]
        place: EventPlace,
        /// The event's source
        #[arg(long, default_value = "com.example")]
        source: String,
        /// The event's detail type
        #[arg(long, default_value = "Example")]
        detail_type: String,
        /// The event's detail, as JSON
        #[arg(long, value_name = "JSON", default_value = r#"{"foo": "bar"}"#)]
        detail: String,
    },
}
