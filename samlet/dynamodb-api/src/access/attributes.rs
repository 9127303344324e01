//! `dynamodb:Attributes`: the top-level attributes that a part of a request names, wherever it does.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>

use std::collections::BTreeSet;

use super::Part;
use crate::Item;
use crate::expression::{Path, Projection};
use crate::legacy::Conditions;
use crate::partiql::Statement;
use crate::request::{BatchWrite, Check, ItemUpdate, KeySearch};

/// The attributes that a part names.
pub(super) fn named<'r>(part: &Part<'r>) -> BTreeSet<&'r str> {
    let mut names = Names::default();
    match part {
        Part::None | Part::Tags(_) | Part::TagKeys(_) => {}
        Part::Get(get) => {
            names.item(&get.key);
            names.projection(get.projection.as_ref());
        }
        Part::Put(put, _) => {
            names.item(&put.item);
            names.check(put.check.as_ref());
        }
        Part::Update(update, _) => {
            names.item(&update.key);
            names.update(update.update.as_ref());
            names.check(update.check.as_ref());
        }
        Part::Delete(delete, _) => {
            names.item(&delete.key);
            names.check(delete.check.as_ref());
        }
        Part::Query(query) => {
            names.key(&query.key);
            names.check(query.filter.as_ref());
            names.projection(query.projection.as_ref());
        }
        Part::Scan(scan) => {
            names.check(scan.filter.as_ref());
            names.projection(scan.projection.as_ref());
        }
        Part::BatchGet(keys, _) => {
            keys.keys.iter().for_each(|key| names.item(key));
            names.projection(keys.projection.as_ref());
        }
        Part::BatchWrite(writes, _) => {
            for write in *writes {
                let (BatchWrite::Put(item) | BatchWrite::Delete(item)) = write;
                names.item(item);
            }
        }
        Part::TransactGet(get, _) => {
            names.item(&get.key);
            names.projection(get.projection.as_ref());
        }
        Part::Check(check, _) => {
            names.item(&check.key);
            check.condition.paths(&mut |path| names.path(path));
        }
        Part::Statement { statement, .. } => names.statement(statement),
    }
    names.0
}

#[derive(Default)]
struct Names<'r>(BTreeSet<&'r str>);

impl<'r> Names<'r> {
    fn path(&mut self, path: &'r Path) {
        self.0.insert(&path.attribute);
    }

    fn item(&mut self, item: &'r Item) {
        self.0.extend(item.keys().map(String::as_str));
    }

    fn projection(&mut self, projection: Option<&'r Projection>) {
        let paths = projection.map(|projection| projection.0.as_slice());
        for path in paths.unwrap_or_default() {
            self.path(path);
        }
    }

    fn check(&mut self, check: Option<&'r Check>) {
        match check {
            None => {}
            Some(Check::Expression(condition)) => condition.paths(&mut |path| self.path(path)),
            Some(Check::Legacy(conditions)) => self.legacy(conditions),
        }
    }

    fn legacy(&mut self, conditions: &'r Conditions) {
        let names = conditions.tests.iter().map(|(name, _)| name.as_str());
        self.0.extend(names);
    }

    fn update(&mut self, update: Option<&'r ItemUpdate>) {
        match update {
            None => {}
            Some(ItemUpdate::Expression(update)) => update.paths(&mut |path| self.path(path)),
            Some(ItemUpdate::Legacy(updates)) => {
                self.0.extend(updates.iter().map(|(name, _)| name.as_str()));
            }
        }
    }

    fn key(&mut self, key: &'r KeySearch) {
        match key {
            KeySearch::Expression(condition) => {
                self.0
                    .extend(condition.0.iter().map(|(name, _)| name.as_str()));
            }
            KeySearch::Legacy(conditions) => self.legacy(conditions),
        }
    }

    fn statement(&mut self, statement: &'r Statement) {
        match statement {
            Statement::Insert { item, .. } => self.item(item),
            _ => statement.paths(&mut |path| self.path(path)),
        }
    }
}
