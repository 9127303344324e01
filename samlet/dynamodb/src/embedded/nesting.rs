//! Makes the engine's own transactions part of the one that is open already.
//!
//! The engine begins and commits a transaction for each change, and SQLite has
//! no transaction in another. Its authorizer is asked about every statement
//! that is prepared, and the engine prepares these each time: a BEGIN, COMMIT
//! or ROLLBACK that is to be ignored does nothing, without an error.
//! <https://www.sqlite.org/c3ref/set_authorizer.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};

/// Whose statements a connection prepares; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Nesting(Arc<Mutex<State>>);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Those of the outer transaction.
    #[default]
    Outside,
    /// The engine's.
    Engine,
    /// The engine's, which has written something since its BEGIN.
    EngineWrote,
    /// The engine's, which rolled back something that it had written: it is
    /// still there.
    RollbackIgnored,
}

/// The result of what the engine ran within a transaction.
pub(crate) struct Nested<T> {
    pub(crate) result: T,
    /// Something is still there that the engine rolled back.
    pub(crate) must_be_undone: bool,
}

impl Nesting {
    /// Asks `authorize` about each statement of a connection.
    pub(crate) fn install(&self, connection: &Connection) {
        let nesting = self.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            nesting.authorize(&context)
        }));
    }

    /// Says which statements do nothing: a connection's authorizer.
    pub(crate) fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        let mut state = self.state();
        if *state == State::Outside {
            return Authorization::Allow;
        }
        let AuthAction::Transaction { operation } = context.action else {
            if is_write(&context.action) && *state == State::Engine {
                *state = State::EngineWrote;
            }
            return Authorization::Allow;
        };
        *state = match (*state, operation) {
            (State::RollbackIgnored, _) | (State::EngineWrote, TransactionOperation::Rollback) => {
                State::RollbackIgnored
            }
            _ => State::Engine,
        };
        Authorization::Ignore
    }

    /// Lets the engine run within the transaction that is open.
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> Nested<T> {
        *self.state() = State::Engine;
        // Also when the engine panics.
        let _outside = Outside(self);
        let result = run();
        Nested {
            result,
            must_be_undone: *self.state() == State::RollbackIgnored,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Outside<'n>(&'n Nesting);

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        *self.0.state() = State::Outside;
    }
}

/// Definitions write too, to the table of tables.
fn is_write(action: &AuthAction<'_>) -> bool {
    matches!(
        action,
        AuthAction::Insert { .. } | AuthAction::Update { .. } | AuthAction::Delete { .. }
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::engine::Engine;
    use super::*;
    use crate::command::Command;
    use crate::command::tests::{of, place};
    use samlet_clock::Clock;
    use samlet_commit::Session;
    use samlet_dynamodb_api::Kind;
    use serde_json::json;

    /// A connection with a table, and a transaction that is open.
    fn nested() -> (Connection, Nesting) {
        let connection = Connection::open_in_memory().unwrap();
        let nesting = Nesting::default();
        nesting.install(&connection);
        connection
            .execute_batch("CREATE TABLE items (name); BEGIN IMMEDIATE")
            .unwrap();
        (connection, nesting)
    }

    fn count(connection: &Connection) -> i64 {
        let count = "SELECT COUNT(*) FROM items";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn transactions_of_the_engine_do_nothing_and_those_around_them_do() {
        let (connection, nesting) = nested();
        for end in ["COMMIT", "END", "ROLLBACK"] {
            nesting.within(|| {
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                let insert = "INSERT INTO items VALUES ('a')";
                connection.execute_batch(insert).unwrap();
                connection.execute_batch(end).unwrap();
            });
            assert!(!connection.is_autocommit(), "{end}");
        }
        assert_eq!(count(&connection), 3);
        connection.execute_batch("ROLLBACK").unwrap();
        assert!(connection.is_autocommit());
        assert_eq!(count(&connection), 0);
    }

    #[test]
    fn a_panic_of_the_engine_ends_its_turn() {
        let (connection, nesting) = nested();
        let run = || nesting.within(|| panic!("the engine of a test"));
        let run = std::panic::AssertUnwindSafe(run);
        assert!(std::panic::catch_unwind(run).is_err());
        connection.execute_batch("ROLLBACK").unwrap();
        assert!(connection.is_autocommit());
    }

    #[test]
    fn what_the_engine_wrote_and_wanted_rolled_back_must_be_undone() {
        let (connection, nesting) = nested();
        let insert = "INSERT INTO items VALUES ('a')";
        for (statements, expected) in [
            (vec!["BEGIN", "ROLLBACK"], false),
            (vec!["BEGIN", insert, "COMMIT", "BEGIN", "ROLLBACK"], false),
            (vec!["BEGIN", insert, "ROLLBACK"], true),
            (
                vec!["BEGIN", insert, "ROLLBACK", "BEGIN", insert, "COMMIT"],
                true,
            ),
            (vec!["BEGIN", "DELETE FROM items", "ROLLBACK"], true),
            (vec!["BEGIN", "UPDATE items SET name = 1", "ROLLBACK"], true),
            (vec!["BEGIN", "CREATE TABLE other (a)", "ROLLBACK"], true),
        ] {
            let nested = nesting.within(|| {
                for statement in &statements {
                    connection.execute_batch(statement).unwrap();
                }
            });
            assert_eq!(nested.must_be_undone, expected, "{statements:?}");
        }
    }

    /// All operations that write, each of which finds what it needs.
    fn writes() -> Vec<Command> {
        let table = |name: &str| {
            json!({
                "TableName": name,
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            })
        };
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/messages";
        let key = json!({"pk": {"S": "a"}});
        let item = json!({"pk": {"S": "a"}, "expires": {"N": "1"}});
        let insert = |key: &str| format!("INSERT INTO \"messages\" VALUE {{'pk': '{key}'}}");
        let put = json!({"TableName": "messages", "Item": item});
        let remove = json!({"TableName": "messages", "Key": {"pk": {"S": "z"}}, "UpdateExpression": "REMOVE a"});
        let update = json!({"TableName": "messages", "Key": key, "UpdateExpression": "SET a = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}}});
        let time_to_live = json!({"TableName": "messages",
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true}});
        vec![
            of("CreateTable", &table("messages")),
            of("UpdateTimeToLive", &time_to_live),
            of(
                "TagResource",
                &json!({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
            ),
            of(
                "UntagResource",
                &json!({"ResourceArn": arn, "TagKeys": ["a"]}),
            ),
            of(
                "UpdateTable",
                &json!({"TableName": "messages",
                "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}),
            ),
            of("PutItem", &put.clone()),
            Command::SweepExpired,
            of("UpdateItem", &update),
            of("UpdateItem", &remove),
            of("DeleteItem", &json!({"TableName": "messages", "Key": key})),
            of(
                "BatchWriteItem",
                &json!({"RequestItems": {"messages": [{"PutRequest": {"Item": item}}]}}),
            ),
            of(
                "TransactWriteItems",
                &json!({"TransactItems": [{"Put": put}]}),
            ),
            of("ExecuteStatement", &json!({"Statement": insert("b")})),
            of(
                "BatchExecuteStatement",
                &json!({"Statements": [{"Statement": insert("c")}, {"Statement": insert("c2")}]}),
            ),
            of(
                "ExecuteTransaction",
                &json!({"TransactStatements": [{"Statement": insert("d")}]}),
            ),
            of("DeleteTable", &json!({"TableName": "messages"})),
        ]
    }

    /// All that SQLite has in its tables, as text.
    fn content(connection: &Connection) -> Vec<String> {
        let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut names = connection.prepare(names).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut content = Vec::new();
        for name in names {
            let name = name.unwrap();
            let mut rows = connection
                .prepare(&format!("SELECT * FROM \"{name}\""))
                .unwrap();
            let columns = rows.column_count();
            let mut rows = rows.query([]).unwrap();
            content.push(name);
            while let Some(row) = rows.next().unwrap() {
                let cells = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap()));
                content.push(cells.collect::<Vec<_>>().join("|"));
            }
        }
        content
    }

    #[test]
    fn every_operation_that_writes_does_so_within_the_writers_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let open = || Engine::open(&path, &place(), &Clock::new()).unwrap();
        let mut engine = open().nested();
        for command in writes() {
            let operation = command.name();
            assert_ne!(command.kind(), Kind::Read);
            let before = content(engine.connection());
            let other = open();
            engine
                .connection()
                .execute_batch("BEGIN IMMEDIATE")
                .unwrap();
            let result = engine.run(&command);
            assert!(result.is_ok(), "{operation}: {result:?}");
            assert!(!engine.connection().is_autocommit(), "{operation}");
            assert_eq!(content(other.connection()), before, "{operation}");
            let within = content(engine.connection());
            // An update that only removes from what isn't there changes nothing.
            if !format!("{command:?}").contains("REMOVE") {
                assert_ne!(within, before, "{operation}");
            }
            engine.connection().execute_batch("COMMIT").unwrap();
            assert_eq!(content(other.connection()), within, "{operation}");
            engine.ended(None);
        }
    }
}
