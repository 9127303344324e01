//! Random requests as clients could write them, the hostile ones among them.

mod statements;

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

/// What requests about a stream name.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) arn: String,
    pub(super) shard: String,
    /// Of all its records.
    pub(super) iterator: String,
    /// One of its records has this sequence number.
    pub(super) number: String,
}

/// An operation, and a body as it was sent.
pub(super) fn request(streams: Vec<Stream>) -> impl Strategy<Value = (&'static str, String)> {
    let streams: Arc<[Stream]> = streams.into();
    vec(any::<u32>(), 96).prop_map(move |numbers| {
        let mut choices = Choices {
            numbers,
            used: 0,
            streams: Arc::clone(&streams),
        };
        let (operation, members) = choices.request();
        (operation, choices.object(members))
    })
}

/// What is chosen while a request is written.
struct Choices {
    numbers: Vec<u32>,
    used: usize,
    streams: Arc<[Stream]>,
}

type Members = Vec<(&'static str, String)>;

/// Texts that are keys, or a part of one.
pub(super) const KEYS: [&str; 6] = [
    "mine",
    "theirs",
    "it's",
    "a\"b",
    "x' OR pk = 'theirs",
    "-- theirs",
];

impl Choices {
    fn number(&mut self, below: usize) -> usize {
        let number = self.numbers.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        number as usize % below
    }

    fn one<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.number(choices.len())]
    }

    fn rarely(&mut self) -> bool {
        self.number(8) == 7
    }

    /// An object's text, in which a member may be there twice.
    fn object(&mut self, members: Members) -> String {
        let mut written: Vec<String> = Vec::new();
        for (name, value) in &members {
            written.push(format!("{}:{value}", quoted(name)));
        }
        if self.rarely() && !members.is_empty() {
            let name = members[self.number(members.len())].0;
            let other = match name {
                "TableName" => self.table(),
                "Key" | "Item" => self.key(),
                "Statement" => quoted(&self.statement()),
                "StreamArn" => quoted(&self.stream().arn),
                "ShardIterator" => quoted(&self.iterator()),
                _ => "null".to_owned(),
            };
            let place = self.number(written.len() + 1);
            written.insert(place, format!("{}:{other}", quoted(name)));
        }
        format!("{{{}}}", written.join(","))
    }

    fn table(&mut self) -> String {
        let usual = ["orders", "people", "a.b-C_1"];
        if !self.rarely() {
            return quoted(self.one(&usual));
        }
        quoted(self.one(&[
            "arn:aws:dynamodb:us-east-1:123456789012:table/people",
            "arn:aws:dynamodb:us-east-1:123456789012:table/orders/index/by-g",
            "ORDERS",
            "tables",
            "items_1",
            "gone",
            "orders\" JOIN people",
        ]))
    }

    fn text(&mut self) -> String {
        let key = self.one(&KEYS);
        format!("{{\"S\":{}}}", quoted(key))
    }

    fn number_value(&mut self) -> String {
        format!("{{\"N\":\"{}\"}}", self.one(&["1", "2", "1.0", "2e0"]))
    }

    /// A key, of one table or another.
    fn key(&mut self) -> String {
        let mut members = vec![("pk", self.text())];
        if self.number(3) > 0 {
            members.push(("sk", self.number_value()));
        }
        self.object(members)
    }

    fn item(&mut self) -> String {
        let mut members = vec![("pk", self.text()), ("sk", self.number_value())];
        members.push(("salary", self.number_value()));
        if self.number(2) > 0 {
            members.push(("g", self.text()));
        }
        self.object(members)
    }

    fn condition(&mut self) -> &'static str {
        const CONDITIONS: [&str; 10] = [
            "attribute_exists(salary)",
            "attribute_not_exists(#a) OR pk = :s",
            "NOT (salary > :n)",
            "pk IN (:s, :s) AND #a <> salary",
            "begins_with(pk, :s)",
            "size(pk) BETWEEN :n AND salary",
            "contains(pk, :s) OR pk = :s",
            "attribute_type(salary, :s)",
            "begins_with(:s, pk)",
            "contains(tags, pk) AND tags[0] = :s",
        ];
        CONDITIONS[self.number(CONDITIONS.len())]
    }

    /// Asks for the item when a condition on it fails.
    fn with_failure(&mut self, mut members: Members) -> Members {
        if self.number(2) == 0 {
            let name = "ReturnValuesOnConditionCheckFailure";
            members.push((name, quoted("ALL_OLD")));
        }
        members
    }

    /// The names and values that an expression uses, those that it has.
    fn placeholders(&mut self, text: &str, members: &mut Members) {
        if text.contains("#a") {
            let name = self.one(&["salary", "pk", "label", "a.b"]);
            members.push((
                "ExpressionAttributeNames",
                format!("{{\"#a\":{}}}", quoted(name)),
            ));
        }
        let mut values = Vec::new();
        if text.contains(":s") {
            values.push((":s", self.text()));
        }
        if text.contains(":n") {
            values.push((":n", self.number_value()));
        }
        if text.contains(":l") {
            values.push((":l", format!("{{\"L\":[{}]}}", self.text())));
        }
        if !values.is_empty() {
            let values = self.object(values);
            members.push(("ExpressionAttributeValues", values));
        }
    }

    /// A request for one item, as it is in transactions, too.
    fn of_item(&mut self, operation: &str) -> Members {
        let mut members = vec![("TableName", self.table())];
        let mut expressions = String::new();
        if operation == "Put" {
            members.push(("Item", self.item()));
        } else {
            members.push(("Key", self.key()));
        }
        if operation == "Update" {
            let update = self.one(&[
                "REMOVE salary",
                "REMOVE #a",
                "SET #a = :n REMOVE label",
                "SET salary = salary + :n",
                "ADD salary :n",
                "SET pk = :s",
                "SET g = :s, tags = list_append(:l, list_append(tags, :l))",
                "SET label = if_not_exists(#a, pk), tags[0] = salary",
            ]);
            expressions += update;
            members.push(("UpdateExpression", quoted(update)));
        }
        if operation == "Get" && self.number(2) > 0 {
            let projection = self.one(&["#a", "pk, salary", "sk", "label.x[0]"]);
            expressions += projection;
            members.push(("ProjectionExpression", quoted(projection)));
        }
        if operation == "ConditionCheck" || (operation != "Get" && self.number(2) > 0) {
            let condition = self.condition();
            expressions += condition;
            members.push(("ConditionExpression", quoted(condition)));
        }
        self.placeholders(&expressions, &mut members);
        if operation != "Get" {
            members = self.with_failure(members);
        }
        // What the operation doesn't have.
        if self.rarely() {
            let stray = if operation == "Put" { "Key" } else { "Item" };
            members.push((stray, self.key()));
        }
        members
    }

    fn search(&mut self, is_query: bool) -> Members {
        let mut members = vec![("TableName", self.table())];
        let mut expressions = String::new();
        // The indexes of tables, with keys that they have.
        let indexes = [
            ("orders", "by-g", "g = :s"),
            ("orders", "by-s", "pk = :s AND begins_with(g, :s)"),
            ("people", "by-salary", "salary = :n"),
            ("people", "by-salary", "salary = :n AND sk >= :n"),
            ("a.b-C_1", "by-both", "g = :s AND label = :s"),
        ];
        let keys = ["pk = :s", "g = :s", "#a = :s", "sk >= :n AND pk = :s"];
        let mut key = self.one(&keys);
        if self.number(2) == 0 {
            let (table, index, key_of_index) = indexes[self.number(indexes.len())];
            members[0].1 = quoted(table);
            members.push(("IndexName", quoted(index)));
            key = key_of_index;
        } else if self.rarely() {
            let index = self.one(&["by-g", "by-s", "by-salary", "by-both", "BY-G"]);
            members.push(("IndexName", quoted(index)));
        }
        if is_query {
            expressions += key;
            members.push(("KeyConditionExpression", quoted(key)));
        }
        if self.number(2) == 0 {
            let filter = self.one(&["salary > :n", "NOT attribute_exists(#a)", "label <> salary"]);
            expressions += filter;
            members.push(("FilterExpression", quoted(filter)));
        }
        if self.number(2) == 0 {
            let projection = self.one(&["label", "pk, salary", "sk", "tags"]);
            members.push(("ProjectionExpression", quoted(projection)));
        }
        if self.number(3) == 0 {
            members.push(("Limit", "1".into()));
        }
        if self.rarely() {
            let select = self.one(&["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]);
            members.push(("Select", quoted(select)));
        }
        if self.number(4) == 0 {
            members.push(("ScanIndexForward", "false".into()));
        }
        if self.number(4) == 0 {
            members.push(("ExclusiveStartKey", self.key()));
        }
        self.placeholders(&expressions, &mut members);
        members
    }

    fn request(&mut self) -> (&'static str, Members) {
        match self.number(17) {
            0 => ("GetItem", self.of_item("Get")),
            1 => ("PutItem", self.of_item("Put")),
            2 => {
                let mut update = self.of_item("Update");
                update.push((
                    "ReturnValues",
                    quoted(self.one(&["ALL_NEW", "UPDATED_OLD"])),
                ));
                ("UpdateItem", update)
            }
            3 => ("DeleteItem", self.of_item("Delete")),
            4 => ("Query", self.search(true)),
            5 => ("Scan", self.search(false)),
            6 => ("BatchGetItem", self.batch(true)),
            7 => ("BatchWriteItem", self.batch(false)),
            8 => ("TransactGetItems", self.transaction(&["Get"])),
            9 => {
                let actions = ["Put", "Update", "Delete", "ConditionCheck"];
                let members = self.transaction(&actions);
                ("TransactWriteItems", self.with_token(members))
            }
            10 => {
                let statement = quoted(&self.statement());
                let members = self.with_failure(vec![("Statement", statement)]);
                ("ExecuteStatement", members)
            }
            11 => {
                let statements = self.statements(Self::statement);
                ("BatchExecuteStatement", vec![("Statements", statements)])
            }
            12 => {
                let statement = if self.number(4) == 0 {
                    Self::selection_of_transaction
                } else {
                    Self::statement_of_transaction
                };
                let statements = self.statements(statement);
                let members = vec![("TransactStatements", statements)];
                ("ExecuteTransaction", self.with_token(members))
            }
            13 => ("DescribeTable", vec![("TableName", self.table())]),
            14 => ("GetShardIterator", self.shard_iterator()),
            15 => {
                let mut members = vec![("ShardIterator", quoted(&self.iterator()))];
                if self.number(2) == 0 {
                    members.push(("Limit", "1".into()));
                }
                ("GetRecords", members)
            }
            _ if self.number(2) == 0 => ("ListStreams", self.list_streams()),
            _ => {
                let stream = quoted(&self.stream().arn);
                ("DescribeStream", vec![("StreamArn", stream)])
            }
        }
    }

    /// A token, which makes it count once.
    fn with_token(&mut self, mut members: Members) -> Members {
        if self.rarely() {
            members.push(("ClientRequestToken", quoted(self.one(&["one", "used"]))));
        }
        members
    }

    fn stream(&mut self) -> &Stream {
        let number = self.number(self.streams.len());
        &self.streams[number]
    }

    /// A stream's iterator, which another one's ARN may have been written into.
    fn iterator(&mut self) -> String {
        let iterator = self.stream().iterator.clone();
        if !self.rarely() {
            return iterator;
        }
        let (arn, rest) = iterator.split_once('|').unwrap_or_default();
        let other = &self.stream().arn;
        let forged = [
            format!("{other}|{rest}"),
            format!("{other}|{arn}|{rest}"),
            format!("{arn}|{rest}|{other}"),
        ];
        forged[self.number(3)].clone()
    }

    fn shard_iterator(&mut self) -> Members {
        let stream = self.stream();
        let (arn, number) = (quoted(&stream.arn), quoted(&stream.number));
        let mut shard = quoted(&stream.shard);
        if self.rarely() {
            shard = quoted(&self.stream().shard);
        }
        let kind = self.one(&[
            "TRIM_HORIZON",
            "LATEST",
            "AT_SEQUENCE_NUMBER",
            "AFTER_SEQUENCE_NUMBER",
        ]);
        let mut members = vec![("StreamArn", arn), ("ShardId", shard)];
        members.push(("ShardIteratorType", quoted(kind)));
        if kind.ends_with("NUMBER") {
            members.push(("SequenceNumber", number));
        }
        members
    }

    fn list_streams(&mut self) -> Members {
        let mut members = Vec::new();
        if self.number(2) == 0 {
            members.push(("TableName", self.table()));
        }
        if self.number(2) == 0 {
            let start = quoted(&self.stream().arn);
            members.push(("ExclusiveStartStreamArn", start));
        }
        members
    }

    fn batch(&mut self, is_get: bool) -> Members {
        let mut tables = Vec::new();
        for _ in 0..=self.number(2) {
            let of_table = if is_get {
                let keys = format!("[{},{}]", self.key(), self.key());
                let keys = vec![("Keys", keys), ("ProjectionExpression", quoted("salary"))];
                self.object(keys)
            } else {
                let (item, other) = (self.item(), self.key());
                let put = self.object(vec![("Item", item), ("Key", other)]);
                let key = self.key();
                format!("[{{\"PutRequest\":{put}}},{{\"DeleteRequest\":{{\"Key\":{key}}}}}]")
            };
            tables.push(format!("{}:{of_table}", self.table()));
        }
        vec![("RequestItems", format!("{{{}}}", tables.join(",")))]
    }

    fn transaction(&mut self, actions: &[&str]) -> Members {
        let mut items = Vec::new();
        for _ in 0..=self.number(2) {
            let action = self.one(actions);
            let members = self.of_item(action);
            items.push(format!("{{{}:{}}}", quoted(action), self.object(members)));
        }
        vec![("TransactItems", format!("[{}]", items.join(",")))]
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
