//! Random requests as clients could write them, the hostile ones among them.

use proptest::collection::vec;
use proptest::prelude::*;

/// An operation, and a body as it was sent.
pub(super) fn request() -> impl Strategy<Value = (&'static str, String)> {
    vec(any::<u32>(), 64).prop_map(|numbers| {
        let mut choices = Choices { numbers, used: 0 };
        let (operation, members) = choices.request();
        (operation, choices.object(members))
    })
}

/// What is chosen while a request is written.
struct Choices {
    numbers: Vec<u32>,
    used: usize,
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
            "_tables",
            "orders::gsi::by-g",
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
        const CONDITIONS: [&str; 8] = [
            "attribute_exists(salary)",
            "attribute_not_exists(#a) OR pk = :s",
            "NOT (salary > :n)",
            "pk IN (:s, :s) AND #a <> salary",
            "begins_with(pk, :s)",
            "size(pk) BETWEEN :n AND salary",
            "contains(pk, :s) OR pk = :s",
            "attribute_type(salary, :s)",
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
            let name = self.one(&["salary", "pk", "name", "a.b"]);
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
                "SET #a = :n REMOVE name",
                "SET salary = salary + :n",
                "ADD salary :n",
                "SET pk = :s",
            ]);
            expressions += update;
            members.push(("UpdateExpression", quoted(update)));
        }
        if operation == "Get" && self.number(2) > 0 {
            let projection = self.one(&["#a", "pk, salary", "sk", "name.x[0]"]);
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
        if self.number(3) == 0 {
            members.push(("IndexName", quoted(self.one(&["by-g", "by-s", "BY-G"]))));
        }
        if is_query {
            let key = self.one(&["pk = :s", "g = :s", "#a = :s", "sk >= :n AND pk = :s"]);
            expressions += key;
            members.push(("KeyConditionExpression", quoted(key)));
        }
        if self.number(2) == 0 {
            let filter = self.one(&["salary > :n", "NOT attribute_exists(#a)", "name = salary"]);
            expressions += filter;
            members.push(("FilterExpression", quoted(filter)));
        }
        if self.number(2) == 0 {
            let projection = self.one(&["name", "pk, salary", "sk"]);
            members.push(("ProjectionExpression", quoted(projection)));
        }
        if self.number(3) == 0 {
            members.push(("Limit", "1".into()));
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
        match self.number(13) {
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
                ("TransactWriteItems", self.transaction(&actions))
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
            _ => {
                let statements = self.statements(Self::write_statement);
                (
                    "ExecuteTransaction",
                    vec![("TransactStatements", statements)],
                )
            }
        }
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

    fn statements(&mut self, statement: fn(&mut Self) -> String) -> String {
        let mut statements = Vec::new();
        for _ in 0..=self.number(3) {
            let text = quoted(&statement(self));
            let members = self.with_failure(vec![("Statement", text)]);
            statements.push(self.object(members));
        }
        format!("[{}]", statements.join(","))
    }

    fn statement(&mut self) -> String {
        if self.number(3) == 0 {
            return self.write_statement();
        }
        let what = self.one(&["*", "name", "salary", "pk, name"]);
        let table = self.table_in_statement();
        let mut tokens = vec!["SELECT".into(), what.to_owned(), "FROM".into(), table];
        if self.number(5) > 0 {
            tokens.push("WHERE".into());
            tokens.push(self.where_clause());
        }
        self.joined(tokens)
    }

    fn write_statement(&mut self) -> String {
        let table = self.table_in_statement();
        let (pk, sk) = (self.pk(), self.one(&["1", "2", "2.0"]));
        let key = format!("pk = {pk} AND sk = {sk}");
        let condition = match self.number(4) {
            0 => format!("{key} AND ({})", self.where_clause()),
            1 => format!("pk = {pk}"),
            2 => format!("{} AND {key}", self.where_clause()),
            _ => key,
        };
        let tokens: Vec<String> = match self.number(3) {
            0 => {
                let value = format!("VALUE {{'pk': {pk}, 'sk': {sk}, 'salary': 1}}");
                vec!["INSERT".into(), "INTO".into(), table, value]
            }
            1 => {
                let change = self.one(&["SET salary = 7", "REMOVE salary", "SET name = salary"]);
                let change = change.to_owned();
                vec!["UPDATE".into(), table, change, "WHERE".into(), condition]
            }
            _ => {
                let from = ["DELETE".into(), "FROM".into(), table];
                let mut tokens = Vec::from(from);
                tokens.extend(["WHERE".into(), condition]);
                if self.number(2) == 0 {
                    tokens.push("RETURNING ALL OLD *".into());
                }
                tokens
            }
        };
        self.joined(tokens)
    }

    fn table_in_statement(&mut self) -> String {
        let tables = [
            "orders",
            "\"people\"",
            "\"a.b-C_1\"",
            "orders.\"by-g\"",
            "\"orders\".\"by-s\"",
            "\"orders.by-g\"",
            "ORDERS",
            "\"_tables\"",
            "\"orders\"\"\"",
        ];
        // The usual ones more often.
        let most = if self.rarely() { tables.len() } else { 5 };
        self.one(&tables[..most]).to_owned()
    }

    fn pk(&mut self) -> String {
        let key = self.one(&KEYS).replace('\'', "''");
        format!("'{key}'")
    }

    fn where_clause(&mut self) -> String {
        let (a, b) = (self.pk(), self.pk());
        match self.number(13) {
            0 => format!("pk = {a}"),
            1 => format!("pk = {a} AND pk = {b}"),
            2 => format!("pk = {a} OR pk = {b}"),
            3 => format!("pk IN [{a}, {b}]"),
            4 => format!("NOT pk = {a}"),
            5 => format!("pk = {a} AND (salary > 1 OR pk = {b})"),
            6 => format!("pk = {a} OR salary = 1"),
            7 => format!("{a} = pk AND sk >= 1"),
            8 => format!("g = {a}"),
            9 => format!("pk IN [{a}] AND g = {b} AND NOT (name = 'x')"),
            10 => format!("begins_with(pk, {a}) AND pk = {b}"),
            11 => format!("(pk = {a} OR pk = {a})"),
            _ => format!("pk = {a} AND sk = 1 AND salary IS NOT MISSING"),
        }
    }

    /// A statement's parts, with comments between them.
    fn joined(&mut self, tokens: Vec<String>) -> String {
        let mut text = String::new();
        for token in tokens {
            text += &token;
            text += if self.rarely() {
                self.one(&[
                    " -- FROM people\n ",
                    " /* FROM people WHERE pk = 'mine' */ ",
                    "\n\t",
                    " -- ' \n ",
                    "/**/ ",
                ])
            } else {
                " "
            };
        }
        text
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
