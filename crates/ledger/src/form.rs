//! Entries of many answers that differ in whom they are about and what was answered, and in nothing else.
//!
//! Promises: what is written is [`Entry::bytes`] of the same entry; what is the same in all is written once and
//! copied, because a batch makes thousands a second.
//!
//! Not here: the form itself (`entry`).

use interdict_model::Digest;

use crate::entry::{Answered, Entry};
use crate::subject::Subject;
use crate::{Event, LedgerError};

/// The form of some entries.
#[derive(Clone, Debug)]
pub struct AnswerForm {
    /// Up to the subject's digits.
    head: Vec<u8>,
    /// From the basis on.
    tail: Vec<u8>,
}

/// What stands between the digits.
const INPUT: &[u8] = br#"","input":""#;
const ANSWER: &[u8] = br#"","answer":""#;
const OUTCOME: &[u8] = br#"","outcome":"#;

impl AnswerForm {
    /// The form of entries like this one.
    ///
    /// # Errors
    /// When the entry records no answer.
    fn of(entry: &Entry) -> Result<Self, LedgerError> {
        let bad = || LedgerError::BadEntry(format!("of the kind `{}`, which is no answer", entry.event.kind()));
        let answered = entry.event.answered().ok_or_else(bad)?;
        let bytes = entry.bytes()?;
        let mut own = Vec::new();
        between(&mut own, answered.subject, answered.input, answered.answer, &answered.outcome)?;
        let at = bytes.windows(own.len()).position(|window| window == own).ok_or_else(bad)?;
        let (head, rest) = bytes.split_at(at);
        Ok(Self { head: head.to_vec(), tail: rest.get(own.len()..).unwrap_or_default().to_vec() })
    }

    /// The form of entries of some circumstances; `event` makes the event of an answer.
    ///
    /// # Errors
    /// When the event is no answer.
    pub fn like(
        at: jiff::Timestamp,
        retention: crate::entry::Retention,
        basis: Digest,
        event: impl FnOnce(Answered) -> Event,
    ) -> Result<Self, LedgerError> {
        let none = Digest([0; 32]);
        let answered = Answered { subject: Subject([0; 16]), input: none, answer: none, outcome: String::new(), basis };
        Self::of(&Entry { at, retention, event: event(answered) })
    }

    /// Adds an entry's bytes.
    ///
    /// # Errors
    /// When the outcome has no JSON form, which no text lacks.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        subject: Subject,
        input: Digest,
        answer: Digest,
        outcome: &str,
    ) -> Result<(), LedgerError> {
        out.extend_from_slice(&self.head);
        between(out, subject, input, answer, outcome)?;
        out.extend_from_slice(&self.tail);
        Ok(())
    }
}

fn between(
    out: &mut Vec<u8>,
    subject: Subject,
    input: Digest,
    answer: Digest,
    outcome: &str,
) -> Result<(), LedgerError> {
    out.extend_from_slice(&subject.hex());
    out.extend_from_slice(INPUT);
    out.extend_from_slice(&input.hex());
    out.extend_from_slice(ANSWER);
    out.extend_from_slice(&answer.hex());
    out.extend_from_slice(OUTCOME);
    serde_json::to_writer(out, outcome).map_err(|error| LedgerError::BadEntry(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Retention;
    use crate::subject::Salt;

    #[test]
    fn entries_are_those_that_are_written_one_by_one() {
        let kinds: [fn(Answered) -> Event; 3] = [Event::Screening, Event::Decision, Event::Monitoring];
        for event in kinds {
            for retention in [Retention::Erasable, Retention::FiveYears, Retention::TenYears] {
                let (at, basis) = ("2031-05-06T07:08:09.5Z".parse().unwrap(), Digest::of(b"basis"));
                let form = AnswerForm::like(at, retention, basis, event).unwrap();
                for (n, outcome) in (0u8..).zip(["hit", "clear", "", "a \"quoted\"\n\u{1} outcome ä"]) {
                    let salt = Salt([n; 32]);
                    let answered = Answered {
                        subject: salt.subject(),
                        input: salt.input(b"{}"),
                        answer: salt.answer(Digest::of(&[n])),
                        outcome: outcome.to_owned(),
                        basis,
                    };
                    let mut out = b"before".to_vec();
                    form.write(&mut out, answered.subject, answered.input, answered.answer, outcome).unwrap();
                    let entry = Entry { at, retention, event: event(answered) };
                    assert_eq!(out.strip_prefix(b"before"), Some(entry.bytes().unwrap().as_slice()));
                    assert_eq!(Entry::parse(&out[6..]).unwrap(), entry);
                }
            }
        }
    }

    #[test]
    fn what_is_no_answer_has_none() {
        let event = Event::ListChange { list: "un-sc".to_owned(), from: None, to: None };
        let entry = Entry { at: jiff::Timestamp::UNIX_EPOCH, retention: Retention::TenYears, event };
        assert!(AnswerForm::of(&entry).is_err());
    }
}
