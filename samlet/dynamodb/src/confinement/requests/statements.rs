//! Random statements in PartiQL, and requests of several.

use super::{Choices, KEYS, quoted};

impl Choices {
    pub(super) fn statements(&mut self, statement: fn(&mut Self) -> String) -> String {
        let mut statements = Vec::new();
        for _ in 0..=self.number(2) {
            let text = quoted(&statement(self));
            let members = self.with_failure(vec![("Statement", text)]);
            statements.push(self.object(members));
        }
        format!("[{}]", statements.join(","))
    }

    pub(super) fn statement(&mut self) -> String {
        if self.number(3) == 0 {
            return self.write_statement();
        }
        let what = self.one(&["*", "label", "salary", "pk, label"]);
        let table = self.source_in_statement();
        let mut tokens = vec!["SELECT".into(), what.to_owned(), "FROM".into(), table];
        if self.number(5) > 0 {
            tokens.push("WHERE".into());
            tokens.push(self.where_clause());
        }
        if self.rarely() {
            tokens.push(self.one(&["ORDER BY sk DESC", "ORDER BY pk, sk"]).into());
        }
        self.joined(tokens)
    }

    /// A read of an item.
    pub(super) fn selection_of_transaction(&mut self) -> String {
        let select = format!(
            "SELECT {} FROM",
            self.one(&["*", "label", "tags[0], salary"])
        );
        let table = self.table_in_statement();
        let key = format!("WHERE pk = {} AND sk = 1", self.pk());
        self.joined(vec![select, table, key])
    }

    /// A write, or a condition on an item.
    pub(super) fn statement_of_transaction(&mut self) -> String {
        if self.number(3) > 0 {
            return self.write_statement();
        }
        let select = format!("EXISTS(SELECT {} FROM", self.one(&["*", "label", "salary"]));
        let table = self.table_in_statement();
        let key = format!("pk = {} AND sk = 1 AND", self.pk());
        let condition = if self.number(3) == 0 {
            self.where_clause()
        } else {
            self.test()
        };
        self.joined(vec![
            select,
            table,
            "WHERE".into(),
            key,
            condition,
            ")".into(),
        ])
    }

    /// A condition that isn't about a key.
    fn test(&mut self) -> String {
        let pk = self.pk();
        let tests = [
            "salary < 4".to_owned(),
            "attribute_exists(label)".to_owned(),
            format!("begins_with({pk}, label)"),
            format!("contains(tags, {pk})"),
            format!("tags[0] = {pk}"),
            "label <> salary".to_owned(),
            "attribute_type(tags, 'L')".to_owned(),
            "size(tags) > salary".to_owned(),
            "absent IS MISSING".to_owned(),
            "salary BETWEEN 1 AND 2".to_owned(),
        ];
        tests[self.number(tests.len())].clone()
    }

    fn write_statement(&mut self) -> String {
        let table = self.table_in_statement();
        let (pk, sk) = (self.pk(), self.one(&["1", "2", "2.0"]));
        let key = format!("pk = {pk} AND sk = {sk}");
        let condition = match self.number(6) {
            0 => format!("{key} AND ({})", self.where_clause()),
            1 => format!("{key} AND {}", self.test()),
            2 => format!("pk = {pk}"),
            3 => format!("{} AND {key}", self.where_clause()),
            _ => key,
        };
        let tokens: Vec<String> = match self.number(3) {
            0 => {
                let value = format!("VALUE {{'pk': {pk}, 'sk': {sk}, 'salary': 1}}");
                vec!["INSERT".into(), "INTO".into(), table, value]
            }
            1 => {
                let change = self.change();
                let mut tokens = vec!["UPDATE".into(), table, change, "WHERE".into(), condition];
                let returning = ["", "RETURNING ALL NEW *", "RETURNING MODIFIED OLD *"];
                tokens.push(self.one(&returning).into());
                tokens
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

    fn change(&mut self) -> String {
        let pk = self.pk();
        let changes = [
            "SET salary = 7".to_owned(),
            "REMOVE salary".to_owned(),
            "SET label = salary".to_owned(),
            "SET g = pk, salary = salary + 1".to_owned(),
            format!("SET tags = list_append(list_append([{pk}], tags), tags)"),
            "REMOVE tags[1] SET label = tags[0]".to_owned(),
            format!("SET pk = {pk}"),
            format!("SET g = {pk}"),
        ];
        changes[self.number(changes.len())].clone()
    }

    /// A table, rarely something else.
    fn table_in_statement(&mut self) -> String {
        self.usually(3)
    }

    /// A table or an index of one, rarely something else.
    fn source_in_statement(&mut self) -> String {
        self.usually(7)
    }

    fn usually(&mut self, most: usize) -> String {
        let names = [
            "orders",
            "\"people\"",
            "\"a.b-C_1\"",
            "orders.\"by-g\"",
            "\"orders\".\"by-s\"",
            "people.\"by-salary\"",
            "\"a.b-C_1\".\"by-both\"",
            "\"orders.by-g\"",
            "ORDERS",
            "\"tables\"",
            "gone",
            "\"orders\"\"\"",
        ];
        let most = if self.rarely() { names.len() } else { most };
        self.one(&names[..most]).to_owned()
    }

    fn pk(&mut self) -> String {
        let key = self.one(&KEYS).replace('\'', "''");
        format!("'{key}'")
    }

    fn where_clause(&mut self) -> String {
        let (a, b) = (self.pk(), self.pk());
        match self.number(17) {
            0 => format!("pk = {a}"),
            1 => format!("pk = {a} AND pk = {b}"),
            2 => format!("pk = {a} OR pk = {b}"),
            3 => format!("pk IN [{a}, {b}]"),
            4 => format!("NOT pk = {a}"),
            5 => format!("pk = {a} AND (salary > 1 OR pk = {b})"),
            6 => format!("pk = {a} OR salary = 1"),
            7 => format!("{a} = pk AND sk >= 1"),
            8 => format!("g = {a}"),
            9 => format!("pk IN [{a}] AND g = {b} AND NOT (label = 'x')"),
            10 => format!("begins_with(pk, {a}) AND pk = {b}"),
            11 => format!("(pk = {a} OR pk = {a})"),
            12 => format!("begins_with({a}, pk)"),
            13 => format!("pk = {a} AND {}", self.test()),
            14 => format!("pk = {a} AND contains({b}, label)"),
            15 => format!("g = {a} AND label = {b} AND salary IN [1, 2]"),
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
