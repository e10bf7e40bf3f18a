//! Takes an answer apart and covers what its caller does not see.
//!
//! Promises: what is masked keeps its form, so that one sees that there is something; what is hidden is gone; a value that
//! stands on both sides, as the words of evidence, is covered if either side is.
//!
//! Not here: members and their fields (`words`), who sees what (`policy`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::policy::{Field, Level, Sight, Subject, name};
use super::words::{PLAIN, PLAIN_OF_LISTING, compared, field};

/// What stands in the place of a value.
const MASK: &str = "***";

/// What stands in the place of a text that may quote a value.
pub(super) const TEXT: &str =
    "masked: it may quote what the key does not see; the code says what kind of problem it is";

/// An answer on its way out.
pub(super) struct Veil<'a> {
    sight: &'a Sight,
    /// Whose fields may stand in it.
    subjects: &'static [Subject],
    published: &'a BTreeSet<String>,
    masked: BTreeSet<(Subject, Field)>,
}

fn each(value: &mut Value, mut change: impl FnMut(&mut Value)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(change),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => change(value),
    }
}

/// Puts the mask over every value inside, whatever it is; the form stays.
pub(super) fn mask(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => *value = Value::Null,
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => MASK.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

impl<'a> Veil<'a> {
    pub(super) fn new(sight: &'a Sight, subjects: &'static [Subject], published: &'a BTreeSet<String>) -> Self {
        Self { sight, subjects, published, masked: BTreeSet::new() }
    }

    /// The whole answer; in one of ours it is said what was masked.
    pub(super) fn answer(&mut self, value: &mut Value, is_ours: bool) {
        let is_problem =
            value.get("type").is_some_and(|kind| kind.as_str().is_some_and(|kind| kind.starts_with("urn:")));
        each(value, |value| {
            self.masked.clear();
            self.outer(value);
            if let (Value::Object(members), Some(names), true) =
                (&mut *value, self.names_of_masked(), is_ours && !is_problem)
            {
                members.insert("masked".to_owned(), names);
            }
        });
    }

    /// What was masked so far, if anything was.
    pub(super) fn names_of_masked(&self) -> Option<Value> {
        let names = self.masked.iter().map(|(subject, field)| Value::from(name(*subject, *field)));
        (!self.masked.is_empty()).then(|| names.collect())
    }

    /// Covers a value that belongs to all of these fields; false if it is to be taken away.
    fn cover(&mut self, value: &mut Value, of: &[(Subject, Field)]) -> bool {
        let level = of.iter().map(|(subject, field)| self.sight.of(*subject, *field)).min().unwrap_or(Level::Full);
        if level == Level::Full || is_empty(value) {
            return true;
        }
        let less = of.iter().filter(|(subject, field)| self.sight.of(*subject, *field) != Level::Full);
        self.masked.extend(less);
        mask(value);
        level != Level::Hide
    }

    /// Covers a value that nobody has classed, or that may quote anything of these subjects.
    fn cover_all(&mut self, value: &mut Value, subjects: &[Subject]) -> bool {
        let of: Vec<_> = subjects.iter().flat_map(|subject| Field::ALL.map(|field| (*subject, field))).collect();
        self.cover(value, &of)
    }

    /// What stands around parties and listings.
    fn outer(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.outer(value)),
            // An event of monitoring: a listing with the party it was found for.
            Value::Object(members) if members.contains_key("event") => self.listing(value),
            Value::Object(members) => members.retain(|member, value| self.outer_member(member, value)),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.cover_all(value, self.subjects);
            }
        }
    }

    /// A member of what stands around parties and listings; false if it is to be taken away.
    pub(super) fn outer_member(&mut self, member: &str, value: &mut Value) -> bool {
        let is_deep = value.is_object() || value.is_array();
        match member {
            "party" | "query" => self.entity(value, Subject::Party),
            "hits" | "results" | "result" | "entities" | "listing" => each(value, |value| self.listing(value)),
            "listings" if is_deep => each(value, |value| self.listing(value)),
            "hit" if is_deep => self.listing(value),
            // Counts, where other answers have what is counted.
            "listings" | "kept" | "next" if value.is_number() => {}
            "evidence" => {
                self.evidence(value, Subject::Listing);
                self.evidence(value, Subject::Internal);
            }
            // In a check: list, reference, name and score in one text, of whatever list.
            "hit" => {
                self.cover(value, &[(Subject::Listing, Field::Names), (Subject::Internal, Field::Names)]);
            }
            // In a check: the party's name, or its number if it has none.
            "name" => {
                self.cover(value, &[(Subject::Party, Field::Names), (Subject::Party, Field::Documents)]);
            }
            "jurisdictions" | "lacking" | "not_applied" => self.law(value),
            "aside" | "problems" | "facts" | "asked" => return self.cover_all(value, &[Subject::Party]),
            "id" => return self.cover(value, &[(Subject::Party, Field::Other)]),
            "error" | "detail" | "hint" if value.is_string() => {
                self.cover_all(value, self.subjects);
                if value == MASK {
                    *value = TEXT.into();
                }
            }
            plain if PLAIN.contains(&plain) => {}
            _ => self.outer(value),
        }
        true
    }

    /// What the law says; it repeats facts.
    fn law(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.law(value)),
            Value::Object(members) => {
                for (member, value) in members.iter_mut() {
                    match member.as_str() {
                        // A fact may be a party's country, name or number: it goes with the field of which least is seen.
                        "used" | "conflict" | "because" => {
                            self.cover_all(value, &[Subject::Party]);
                        }
                        _ => self.law(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Of which lists a listing is; one that says nothing is taken for one's own.
    fn subject(&self, members: &Map<String, Value>) -> Subject {
        let named = ["list", "datasets", "sourceList"].into_iter().find_map(|member| members.get(member));
        let inner = members.get("sourceData").and_then(|source| source.get("list"));
        let is_published = |value: &Value| value.as_str().is_some_and(|list| self.published.contains(list));
        let all = match inner.or(named) {
            Some(Value::Array(lists)) => !lists.is_empty() && lists.iter().all(is_published),
            Some(list) => is_published(list),
            None => false,
        };
        if all { Subject::Listing } else { Subject::Internal }
    }

    fn listing(&mut self, value: &mut Value) {
        let Value::Object(members) = value else {
            self.cover_all(value, &[Subject::Listing, Subject::Internal]);
            return;
        };
        let subject = self.subject(members);
        members.retain(|member, value| match member.as_str() {
            "entity" | "properties" => {
                self.entity(value, subject);
                true
            }
            "evidence" => {
                self.evidence(value, subject);
                true
            }
            // In monitoring: whose hit it is, and how it stood and stands.
            "party" => {
                self.entity(value, Subject::Party);
                true
            }
            "hit" | "before" | "after" if value.is_object() => {
                self.side(value, subject);
                true
            }
            "explanations" | "features" => {
                self.explanations(value, subject);
                true
            }
            // Evidence in words and in a packed form.
            "details" | "debug" => {
                self.cover_all(value, &[Subject::Party, subject]);
                true
            }
            // A form of answers asks for it.
            "caption" | "name" | "designations" => {
                let of = if member == "designations" { Field::Other } else { Field::Names };
                self.cover(value, &[(subject, of)]);
                true
            }
            plain if PLAIN_OF_LISTING.contains(&plain) => true,
            "identifiers" | "person" | "business" | "organization" | "vessel" | "aircraft" => {
                self.member(member, value, subject)
            }
            _ => match field(member) {
                Some(field) => self.cover(value, &[(subject, field)]),
                None => self.cover_all(value, &[Subject::Party, subject]),
            },
        });
    }

    /// How a monitored hit stood: its score and what it was computed from; whole listings, where versions are compared.
    fn side(&mut self, value: &mut Value, subject: Subject) {
        if value.get("evidence").is_none() {
            self.listing(value);
            return;
        }
        let Value::Object(members) = value else { return };
        members.retain(|member, value| match member.as_str() {
            "evidence" => {
                self.evidence(value, subject);
                true
            }
            "designations" => self.cover(value, &[(subject, Field::Other)]),
            "score" | "version" | "published" | "snapshot" | "policy" | "engine" => true,
            _ => self.cover_all(value, &[Subject::Party, subject]),
        });
    }

    fn entity(&mut self, value: &mut Value, subject: Subject) {
        match value {
            Value::Object(members) => members.retain(|member, value| self.member(member, value, subject)),
            Value::Array(values) => values.iter_mut().for_each(|value| self.entity(value, subject)),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.cover_all(value, &[subject]);
            }
        }
    }

    /// A member of a party or listing; false if it is to be taken away.
    fn member(&mut self, member: &str, value: &mut Value, subject: Subject) -> bool {
        match member {
            "kind" | "schema" | "entityType" | "sourceList" | "sourceData" => true,
            "identifiers" => self.identifiers(value, subject),
            // FollowTheMoney's members stand inside, and Watchman's inside the word for the kind.
            "properties" | "person" | "business" | "organization" | "vessel" | "aircraft" if value.is_object() => {
                self.entity(value, subject);
                true
            }
            // Ours are published words of any kind.
            "properties" => self.cover(value, &[(subject, Field::Other)]),
            _ => match field(member) {
                Some(field) => self.cover(value, &[(subject, field)]),
                None => self.cover_all(value, &[subject]),
            },
        }
    }

    /// Numbers of documents, and addresses by which one is reached.
    fn identifiers(&mut self, value: &mut Value, subject: Subject) -> bool {
        let Value::Array(values) = value else { return self.cover_all(value, &[subject]) };
        values.retain_mut(|value| {
            let kind = value.get("value").and_then(|inner| inner.get("kind")).and_then(Value::as_str);
            let field = match kind {
                Some("phone" | "email" | "website") => Field::Contacts,
                Some(_) | None => Field::Documents,
            };
            self.cover(value, &[(subject, field)])
        });
        !values.is_empty()
    }

    fn evidence(&mut self, value: &mut Value, subject: Subject) {
        let Value::Object(members) = value else {
            self.cover_all(value, &[Subject::Party, subject]);
            return;
        };
        for (member, value) in members.iter_mut() {
            match member.as_str() {
                "name" => self.sides(value, &[Field::Names], subject),
                "attributes" => each(value, |value| {
                    let attribute = value.get("attribute").and_then(Value::as_str).unwrap_or_default();
                    let fields = compared(attribute);
                    self.sides(value, fields, subject);
                }),
                _ => {
                    self.cover_all(value, &[Subject::Party, subject]);
                }
            }
        }
    }

    /// Two sides of a comparison, token by token too, and words about both.
    fn sides(&mut self, value: &mut Value, fields: &[Field], subject: Subject) {
        let of = |subject: Subject| fields.iter().map(move |field| (subject, *field));
        let Value::Object(members) = value else {
            let both: Vec<_> = of(Subject::Party).chain(of(subject)).collect();
            self.cover(value, &both);
            return;
        };
        for (member, value) in members.iter_mut() {
            match member.as_str() {
                "party" | "query" => self.cover(value, &of(Subject::Party).collect::<Vec<_>>()),
                "listed" | "candidate" => self.cover(value, &of(subject).collect::<Vec<_>>()),
                "tokens" => {
                    each(value, |value| self.sides(value, fields, subject));
                    true
                }
                "attribute" | "verdict" | "effect" | "quality" | "score" | "relation" | "similarity" | "weight" => true,
                // Words about both sides, and what nobody has classed.
                _ => self.cover(value, &of(Subject::Party).chain(of(subject)).collect::<Vec<_>>()),
            };
        }
    }

    /// Evidence in yente's form: features with their two sides; in that of reconciliation a list of ids and numbers.
    fn explanations(&mut self, value: &mut Value, subject: Subject) {
        match value {
            Value::Object(members) => {
                members.iter_mut().for_each(|(feature, value)| self.sides(value, compared(feature), subject));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.cover_all(value, &[Subject::Party, subject]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::policy::Redaction;
    use super::*;

    /// What is left of an answer for an auditor, with settings.
    fn left(settings: &str, answer: &Value) -> String {
        let sight = Redaction::parse(settings).unwrap().sight(&[interdict_state::Role::Auditor]);
        let published = BTreeSet::from(["un-sc".to_owned()]);
        let mut answer = answer.clone();
        Veil::new(&sight, &Subject::ALL, &published).answer(&mut answer, true);
        answer.to_string()
    }

    fn side() -> Value {
        json!({"score": 0.9, "version": "v", "snapshot": "s", "policy": "p", "engine": "e", "designations": [{"basis": "LISTED"}],
            "evidence": {"name": {"party": "PARTY", "listed": "LISTED", "score": 1, "tokens": [{"party": "PARTY", "listed": "LISTED"}]},
                "attributes": [{"attribute": "born", "party": ["PARTY"], "listed": ["LISTED"], "words": "PARTY LISTED"}],
                "summary": "PARTY LISTED"}})
    }

    #[test]
    fn what_monitoring_tells_is_covered_on_both_sides() {
        let event = |list: &str| {
            json!({"event": "changed", "cause": "list", "alert": true, "party": {"id": "PARTY", "name": "PARTY"}, "list": list,
                "listing": "x:1", "reference": "1", "caption": "LISTED", "before": side(), "after": side(),
                "kept": {"party": "PARTY", "list": list, "key": "k", "caption": "LISTED", "hit": side()},
                "allowed": {"party": "PARTY", "reason": "PARTY is another"}})
        };
        let kept = json!({"parties": [{"id": "PARTY", "party": {"names": [{"value": {"full": "PARTY"}, "field": "name"}]},
            "hits": [{"party": "PARTY", "list": "own", "caption": "LISTED", "hit": side()}]}], "kept": 1, "next": null});
        let allowed = json!([{"party": "PARTY", "listing": "own:LISTED", "reason": "PARTY LISTED", "author": "key-1"}]);
        let bare = json!({"odd": {"evidence": side()["evidence"]}, "strange": "PARTY"});
        for answer in [&event("own"), &kept, &allowed, &bare] {
            assert!(!left("", answer).contains("PARTY"), "{}", left("", answer));
            let shown = "[auditor.party]\nall = \"full\"\n[auditor.internal]\nall = \"mask\"";
            assert!(!left(shown, answer).contains("LISTED"), "{}", left(shown, answer));
            let all = "[auditor.party]\nall = \"full\"\n[auditor.internal]\nall = \"full\"";
            assert!(left(all, answer).contains("PARTY"), "the look finds it where it is shown");
        }
        let of_un = left("", &event("un-sc"));
        assert!(!of_un.contains("PARTY") && of_un.contains("LISTED"), "a published listing is seen: {of_un}");
        assert!(left("", &kept).contains("\"kept\":1"));
    }
}
