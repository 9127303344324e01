//! DynamoDB and DynamoDB Streams as a service: what a request needs to be allowed, and how the store's answers and
//! refusals become the service's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use http::Method;
use http::request::Parts;
use samlet_aws::{Arn, Place};
use samlet_clock::Clock;
use samlet_dynamodb_api::Request;
use samlet_dynamodb_api::access::{self, Resource};
use samlet_iam::Context;
use samlet_service::protocol::{Json, JsonVersion};
use samlet_service::{
    Answer, Applied, ApplyError, BodyRule, Call, Caller, Changes, Content, Declared, Described,
    Fault, Identity, Need, Operation, Plan, Protocol, Service, Setup, Stored, async_trait,
    signed_for,
};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::declared;
use crate::errors::ApiError;
use crate::expiry::Expiry;
use crate::store::Store;
use crate::streams::of_iterator;
use crate::tables::{self, TableError};

/// The type of resources that are tables; SAM's SimpleTable is declared as one.
pub(crate) const KIND: &str = "AWS::DynamoDB::Table";

/// Tables that are described: an account's quota on AWS.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
const MAX_DESCRIBED: usize = 2500;

/// DynamoDB, as it is here.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>
pub static IDENTITY: Identity = Identity {
    signing_name: "dynamodb",
    title: "DynamoDB",
    iam_prefix: "dynamodb",
    actions: include_str!("actions.txt"),
    condition_keys: include_str!("condition_keys.txt"),
    protocols: &[Protocol::Json(Json {
        version: JsonVersion::V1_0,
        targets: &["DynamoDB_20120810", "DynamoDBStreams_20120810"],
        namespace: "com.amazon.coral.service#",
        is_dynamodb_style: true,
    })],
    // BatchWriteItem's limit.
    body: BodyRule::Whole {
        max_bytes: 16 * 1024 * 1024,
    },
    has_compression: true,
    check: Some(declared::check),
    stored: &[Stored {
        path: "dynamodb",
        title: "tables",
    }],
};

/// The API of one application's tables; cheap to clone.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    store: Store,
    place: Arc<Place>,
    expiry: Arc<Expiry>,
}

/// A table that a template declares.
struct Planned {
    logical_id: String,
    name: String,
    create_table: Value,
    /// The attribute by which its items expire.
    expires_by: Option<String>,
    has_stream: bool,
}

impl DynamoDb {
    /// The API over `store`, whose items expire from now on. Must be called within a tokio runtime.
    pub fn service(store: Store, setup: &Setup) -> Arc<dyn Service> {
        Arc::new(Self::new(store, Arc::clone(&setup.place), &setup.clock))
    }

    fn new(store: Store, place: Arc<Place>, clock: &Clock) -> Self {
        let expiry = Expiry::start(store.clone(), clock.clone());
        Self {
            store,
            place,
            expiry: Arc::new(expiry),
        }
    }

    /// What a request needs to be allowed, as the seam has it.
    fn needs(&self, needs: &[access::Need<'_>]) -> Result<Vec<Need>, Fault> {
        let mut found = Vec::with_capacity(needs.len());
        for need in needs {
            let action = format!("dynamodb:{}", need.action);
            found.push(Need::new(action, self.resource(need.resource)?));
        }
        Ok(found)
    }

    /// The ARN of what an action is done to, or `*`.
    fn resource(&self, resource: Resource<'_>) -> Result<String, Fault> {
        Ok(match resource {
            Resource::Any => "*".to_owned(),
            Resource::Table(table) => self.table_arn(table).into(),
            Resource::Index { table, index } => {
                let index = format_args!("table/{table}/index/{index}");
                self.place.arn("dynamodb", index).into()
            }
            Resource::Arn(arn) => arn.to_owned(),
            Resource::Iterator(iterator) => {
                let stream = of_iterator(iterator, &self.place);
                let invalid = || fault(ApiError::validation("Invalid ShardIterator"));
                stream.ok_or_else(invalid)?.as_str().to_owned()
            }
        })
    }
}

impl Changes for DynamoDb {
    /// Of a stream, by its ARN: once its new records are on disk, and when it ends.
    fn watch(&self, resource: &Arn) -> Option<watch::Receiver<u64>> {
        if *resource != self.place.arn("dynamodb", resource.resource()) {
            return None;
        }
        self.store.watch(resource.resource())
    }
}

#[async_trait]
impl Service for DynamoDb {
    fn identity(&self) -> &'static Identity {
        &IDENTITY
    }

    async fn plan(&self, declared: &[Declared]) -> Result<Plan, ApplyError> {
        let tables = declared.iter().filter(|declared| declared.kind == KIND);
        let planned: Vec<Planned> = tables.map(Planned::of).collect();
        for table in &planned {
            let checked = tables::check(&self.store, &table.create_table).await;
            checked.map_err(|source| table.error(source))?;
        }
        Ok(Plan::new(planned))
    }

    async fn apply(&self, plan: Plan) -> Result<Applied, ApplyError> {
        let mut applied = Applied::default();
        for table in plan.take::<Vec<Planned>>().unwrap_or_default() {
            let expires_by = table.expires_by.as_deref();
            let ensured = tables::ensure(&self.store, &table.create_table, expires_by).await;
            ensured.map_err(|source| table.error(source))?;
            if table.has_stream {
                let arn = self.store.stream_arn(&table.name).await;
                let arn = arn.ok_or_else(|| table.error(TableError::NoStream))?;
                applied.set(&table.logical_id, "StreamArn", arn);
            }
        }
        Ok(applied)
    }

    async fn read(&self, call: Call) -> Result<Box<dyn Operation>, Fault> {
        let request = self.store.read(call.operation(), &call.bytes());
        let request = request.map_err(fault)?;
        Ok(Box::new(Read {
            needs: self.needs(&request.needs())?,
            host: call.header("host").map(str::to_owned),
            request,
            api: self.clone(),
        }))
    }

    /// All tables there are; those that the template no longer declares stay.
    async fn describe(&self) -> Vec<Described> {
        let mut described = Vec::new();
        let mut request = json!({});
        loop {
            let listed = self.store.execute("ListTables", request.to_string().into());
            let Ok(listed) = listed.await else {
                return described;
            };
            let listed: Value = serde_json::from_slice(&listed).unwrap_or_default();
            let names = listed["TableNames"].as_array().into_iter().flatten();
            described.extend(names.filter_map(Value::as_str).map(|name| Described {
                kind: "table",
                name: name.to_owned(),
                arn: self.table_arn(name),
                details: Vec::new(),
            }));
            match &listed["LastEvaluatedTableName"] {
                Value::String(last) if described.len() < MAX_DESCRIBED => {
                    request["ExclusiveStartTableName"] = json!(last);
                }
                _ => return described,
            }
        }
    }

    async fn close(&self) {
        self.expiry.stop().await;
    }

    /// What load balancers and tools ask to see whether DynamoDB is there: `GET /`.
    fn unsigned_answer(&self, head: &Parts) -> Option<Answer> {
        let is_root = head.uri.path_and_query().is_some_and(|path| path == "/");
        if head.method != Method::GET || !is_root {
            return None;
        }
        if signed_for(head).is_some_and(|service| service != IDENTITY.signing_name) {
            return None;
        }
        let Place { region, .. } = &*self.place;
        let text = format!("healthy: dynamodb.{region}.{} ", self.place.url_suffix());
        Some(Answer::of(Content::Raw {
            content_type: "text/plain",
            body: samlet_http::whole(text),
        }))
    }
}

impl DynamoDb {
    /// The attribute that is the partition key of a table, or of an index of it.
    async fn partition_key(&self, table: &str, index: Option<&str>) -> Option<String> {
        let table = self.store.table(table).await.ok()??;
        let key = match index {
            None => &table.partition,
            Some(index) => table.index(index)?.partition.first()?,
        };
        Some(key.name.clone())
    }

    fn table_arn(&self, name: &str) -> Arn {
        self.place.arn("dynamodb", format_args!("table/{name}"))
    }
}

impl Planned {
    fn of(declared: &Declared) -> Self {
        let mut create_table = declared.properties.clone();
        let members = create_table.as_object_mut();
        let expiry = members.and_then(|members| members.remove("TimeToLiveSpecification"));
        let attribute = expiry
            .as_ref()
            .and_then(|expiry| expiry["AttributeName"].as_str());
        Self {
            logical_id: declared.logical_id.clone(),
            name: declared.name.clone(),
            expires_by: attribute.map(str::to_owned),
            has_stream: create_table["StreamSpecification"].is_object(),
            create_table,
        }
    }

    fn error(&self, source: TableError) -> ApplyError {
        ApplyError {
            resource: format!("table {}", self.logical_id),
            source: source.into(),
        }
    }
}

/// A request that was read, and what it needs to be allowed.
struct Read {
    request: Request,
    needs: Vec<Need>,
    /// The host that it was sent to, with the port.
    host: Option<String>,
    api: DynamoDb,
}

#[async_trait]
impl Operation for Read {
    fn needs(&self) -> &[Need] {
        &self.needs
    }

    async fn conditions(&self) -> Vec<Context> {
        let needs = self.request.needs();
        let mut keys = BTreeMap::new();
        for (table, index) in needs.iter().filter_map(|need| need.resource.table()) {
            if let Entry::Vacant(unknown) = keys.entry((table, index)) {
                unknown.insert(self.api.partition_key(table, index).await);
            }
        }
        let context = |need: &access::Need<'_>| {
            let key = need.resource.table().and_then(|table| keys.get(&table));
            let key = key.and_then(Option::as_deref);
            let mut context = Context::default();
            for (name, values) in need.condition_keys(key) {
                match values {
                    Some(values) => context.set_all(&name, values),
                    None => context.set_unknown(&name),
                }
            }
            context
        };
        needs.iter().map(context).collect()
    }

    async fn serve(self: Box<Self>, _caller: &Caller) -> Result<Answer, Fault> {
        if let (Request::DescribeEndpoints, Some(host)) = (&self.request, &self.host) {
            // Where clients can come back to. DynamoDB's own endpoint has nothing of what is here.
            let endpoint = json!({"Address": host, "CachePeriodInMinutes": 1440});
            return Ok(Answer::json(json!({"Endpoints": [endpoint]}).to_string()));
        }
        let answered = self.api.store.run(self.request).await;
        answered.map(Answer::json).map_err(fault)
    }
}

/// The store's refusal, taken apart: its protocol puts it together again.
fn fault(error: ApiError) -> Fault {
    let mut members: Map<String, Value> = serde_json::from_slice(&error.body).unwrap_or_default();
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let code = text("__type").unwrap_or_else(|| "InternalServerError".into());
    let (lower, capital) = (text("message"), text("Message"));
    Fault {
        has_capital_message: lower.is_none() && capital.is_some(),
        members,
        ..Fault::new(error.status, code, lower.or(capital).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::operations::testing::place;
    use samlet_dynamodb_api::Operation as ApiOperation;
    use samlet_iam::{Decision, PolicyDocument};

    #[test]
    fn a_refusal_of_the_store_keeps_its_name_its_text_and_all_else() {
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled",
            "CancellationReasons": [{"Code": "None"}],
        });
        let fault = fault(ApiError {
            status: 400,
            body: body.to_string().into(),
        });
        assert_eq!(fault.short_code(), "TransactionCanceledException");
        assert_eq!(fault.message, "Transaction cancelled");
        assert!(fault.has_capital_message);
        assert_eq!(fault.members["CancellationReasons"][0]["Code"], "None");
    }

    #[tokio::test]
    async fn all_tables_are_described_beyond_a_page_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let store = Store::open(folder.path(), &place(), &clock).unwrap();
        for number in 0..101 {
            let table = json!({
                "TableName": format!("table-{number:03}"),
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            });
            store.ensure_table(&table, None).await.unwrap();
        }
        let place = Arc::new(Place::new("us-east-1", "1", "local"));
        let described = DynamoDb::new(store, place, &clock).describe().await;
        assert_eq!(described.len(), 101);
        assert_eq!(
            described[100].arn.as_str(),
            "arn:aws:dynamodb:us-east-1:1:table/table-100"
        );
    }

    /// A policy that allows what is about ann's items only, or all that isn't about them.
    fn about_ann(effect: &str, operator: &str) -> PolicyDocument {
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let condition = json!({operator: {"dynamodb:LeadingKeys": ["ann"]}});
        let about =
            json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition});
        let statements = match effect {
            "Allow" => json!([about]),
            _ => json!([all, about]),
        };
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        PolicyDocument::parse(&document).unwrap()
    }

    fn get(keys: &[&str]) -> (ApiOperation, Value) {
        let keys = keys.iter().map(|key| json!({"pk": {"S": key}}));
        let keys = keys.collect::<Vec<_>>();
        let body = json!({"RequestItems": {"orders": {"Keys": keys}}});
        (ApiOperation::BatchGetItem, body)
    }

    fn select(condition: &str) -> (ApiOperation, Value) {
        let statement = format!("SELECT * FROM orders WHERE {condition}");
        let body = json!({ "Statement": statement });
        (ApiOperation::ExecuteStatement, body)
    }

    /// What policies make of requests that name another's items, or may be about any.
    #[tokio::test]
    async fn a_policy_about_leading_keys_refuses_what_may_be_about_others() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let store = Store::open(folder.path(), &place(), &clock).unwrap();
        let table = crate::operations::testing::table("orders", "pk");
        store.ensure_table(&table, None).await.unwrap();
        let place = Arc::new(Place::new("us-east-1", "1", "local"));
        let api = DynamoDb::new(store, Arc::clone(&place), &clock);
        let policies = [
            about_ann("Allow", "ForAllValues:StringEquals"),
            about_ann("Allow", "StringEquals"),
            about_ann("Deny", "ForAnyValue:StringEquals"),
        ];
        for ((operation, body), expected) in [
            (get(&["ann"]), [true, true, false]),
            (get(&["bob"]), [false, false, true]),
            (get(&["ann", "bob"]), [false, false, false]),
            (select("pk = 'ann'"), [true, true, false]),
            (select("pk = 'bob'"), [false, false, true]),
            // Any of the items may be read.
            (select("pk > 'a'"), [false, false, false]),
        ] {
            let read = Read {
                needs: Vec::new(),
                request: Request::from_json(operation, body.clone(), &place).unwrap(),
                host: None,
                api: api.clone(),
            };
            let mut context = read.conditions().await.remove(0);
            context.know_service("dynamodb");
            let asked = samlet_iam::Request {
                action: "dynamodb:Any",
                resource: "arn:aws:dynamodb:us-east-1:1:table/orders",
                context: &context,
            };
            let allowed = policies
                .each_ref()
                .map(|policy| policy.evaluate(&asked) == Decision::Allow);
            assert_eq!(allowed, expected, "{body}");
        }
    }
}
