//! Takes the remarks column of OFAC's tables apart into facts.
//!
//! Promises: the text as published stays in the listing as one remark; each clause that is
//! understood also stands in the field it speaks of; no clause is understood in part.

use interdict_model::Country;

use super::Draft;
use super::fact::{self, Fact, Meaning};
use crate::parts;

/// The field that values cut from remarks name as their source.
const FIELD: &str = "Remarks";

/// Clauses a quoted alias may run over: `a.k.a. 'ONE; TWO'`.
const QUOTED_CLAUSES: usize = 4;

/// Reads remarks, with the overflow from the comments file already appended.
pub(crate) fn read(draft: &mut Draft, remarks: &str) {
    let text = remarks.trim();
    if parts::is_nothing(text) {
        return;
    }
    parts::remark(&mut draft.listing.entity, text, FIELD);
    let body = text.strip_suffix('.').filter(|_| !ends_in_abbreviation(text)).unwrap_or(text);
    let mut clauses = body.split(';').map(str::trim).filter(|c| !c.is_empty()).peekable();
    let mut joined = String::new();
    while let Some(clause) = clauses.next() {
        let is_open = |c: &str| c.find(".k.a. '").is_some_and(|at| at <= 6) && !c.ends_with('\'');
        if is_open(clause) {
            let rest: Vec<&str> = clauses.clone().take(QUOTED_CLAUSES).collect();
            if let Some(last) = rest.iter().position(|c| c.ends_with('\'')) {
                joined.clear();
                joined.push_str(clause);
                for _ in 0..=last {
                    joined.push_str("; ");
                    joined.push_str(clauses.next().unwrap_or(""));
                }
                self::clause(draft, &joined);
                continue;
            }
        }
        self::clause(draft, clause);
    }
}

/// Whether the last full stop belongs to the last word (`S.A.`, `CO.`) rather than to the sentence:
/// OFAC writes one where there should be two.
fn ends_in_abbreviation(text: &str) -> bool {
    const WORDS: [&str; 10] = ["CO.", "LTD.", "INC.", "CORP.", "BHD.", "PTE.", "JR.", "SR.", "DR.", "EST."];
    let word = text.rsplit([' ', ',', '(']).next().unwrap_or("").to_ascii_uppercase();
    let inner = word
        .strip_suffix('.')
        .is_some_and(|w| w.contains('.') && w.ends_with(char::is_alphabetic) && !w.bytes().any(|b| b.is_ascii_digit()));
    inner || WORDS.contains(&word.as_str())
}

/// Reads one clause: `alt. Passport A005487 (Yemen) issued 13 Aug 1995`.
fn clause(draft: &mut Draft, clause: &str) {
    let clause = clause.strip_prefix("alt. ").or_else(|| clause.strip_prefix("Alt. ")).unwrap_or(clause);
    if let Some((word, name)) = alias(clause) {
        let quality = super::alias_quality(word, true);
        draft.name(name, quality, word, FIELD);
        return;
    }
    let Some((label, meaning, rest)) = fact::split_label(clause) else {
        generic(draft, clause);
        return;
    };
    let value = rest.trim_start_matches([':', ' ']).trim_start_matches("- ").trim();
    match meaning {
        Meaning::Wallet => {
            // `Digital Currency Address - XBT 12QtD5BF…`
            if let Some((currency, address)) = value.split_once(' ') {
                let label = format!("{label} - {currency}");
                put(draft, meaning, Fact { label: &label, value: address, ..Fact::default() });
            }
        }
        Meaning::Number(_) | Meaning::ShipRegistration => {
            let (value, issued, expires) = dates(value);
            let (value, country) = country_of(value);
            put(draft, meaning, Fact { label, value, country, issued, expires, note: "" });
        }
        Meaning::Measure => put(draft, meaning, Fact { label: clause, ..Fact::default() }),
        Meaning::Birth
        | Meaning::BirthPlace
        | Meaning::Nationality
        | Meaning::Flag
        | Meaning::FormerFlag
        | Meaning::Gender
        | Meaning::Title
        | Meaning::Link
        | Meaning::Property => put(draft, meaning, Fact { label, value, ..Fact::default() }),
    }
}

fn put(draft: &mut Draft, meaning: Meaning, fact: Fact<'_>) {
    fact::put(draft, Some(meaning), fact, FIELD);
}

/// `a.k.a. 'THE CHESS PLAYER'`: OFAC quotes weak aliases in the remarks.
fn alias(clause: &str) -> Option<(&str, &str)> {
    let (word, rest) = clause.split_once(' ')?;
    let is_word = matches!(word, "a.k.a." | "f.k.a." | "n.k.a.");
    let name = rest.strip_prefix('\'')?.strip_suffix('\'')?;
    (is_word && !name.is_empty()).then_some((word, name))
}

/// A number under a label that is not in our table: `Cartilla de Servicio Militar Nacional B4111940 (Mexico)`.
fn generic(draft: &mut Draft, clause: &str) {
    let (body, issued, expires) = dates(clause);
    let (body, country) = country_of(body);
    let Some((label, value)) = body.rsplit_once(' ') else { return };
    let labelled = ["No.", "No", "Number", "number", "#", "ID", "Code", "Card", "Nacional", "Permit"]
        .iter()
        .any(|w| label.ends_with(w));
    if fact::looks_like_number(value) && (labelled || !country.is_empty()) && label.len() <= 80 {
        let fact = Fact { label, value, country, issued, expires, note: "" };
        fact::put(draft, Some(Meaning::Number(interdict_model::IdentifierKind::Other)), fact, FIELD);
    }
}

/// Cuts `issued 13 Aug 1995 expires 20 Sep 1997` off the end.
fn dates(text: &str) -> (&str, &str, &str) {
    let (text, expires) = text.split_once(" expires ").unwrap_or((text, ""));
    let (text, issued) = text.split_once(" issued ").unwrap_or((text, ""));
    (text.trim(), issued.trim(), expires.trim())
}

/// Cuts `(Yemen)` off the end: a country, or words without digits after a number.
fn country_of(text: &str) -> (&str, &str) {
    let cut = || {
        let (value, country) = text.strip_suffix(')')?.rsplit_once('(')?;
        let value = value.trim_end();
        let digit = |t: &str| t.bytes().any(|b| b.is_ascii_digit());
        // Shorter ones belong to the number.
        let words = digit(value) && !digit(country) && country.len() >= 4 && country.starts_with(char::is_uppercase);
        (!value.is_empty() && (words || Country::parse(country).is_some())).then_some((value, country))
    };
    cut().unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use interdict_model::{Entity, Kind, ListId, Listing};

    fn read_text(text: &str) -> Draft {
        let listing = Listing {
            list: ListId("ofac-sdn".to_owned()),
            record: "1".to_owned(),
            place: "line 1".to_owned(),
            reference: None,
            entity: Entity::of(Kind::Person),
            designations: Vec::new(),
            links: Vec::new(),
        };
        let mut draft = Draft::new(listing);
        read(&mut draft, text);
        draft
    }

    // remark → what is read from it, a word for its kind before each
    const CASES: &[(&str, &str)] = &[
        ("DOB 08 Jan 1984.", "born 1984-01-08"),
        ("DOB circa 1951; alt. DOB 1951 to 1953.", "born ~1951 | born 1951/1953"),
        ("POB Wonsan, Korea, North.", "at kp"),
        ("nationality Korea, North; citizen Iran.", "of kp | of ir"),
        ("alt. Passport A1234567 (Iran) issued 13 Aug 1995 expires 12 Aug 2000.", "passport A1234567 ir"),
        ("Passport 1234567 (Atlantis).", "passport 1234567 -"),
        ("Passport 123456(G).", "passport 123456(G) -"),
        ("Tax ID No. 9999000001 (Atlantis).", "tax_number 9999000001 -"),
        ("Vessel Registration Identification IMO 9999905.", "imo 9999905 -"),
        ("Vessel Registration Identification 9999905.", "imo 9999905 -"),
        ("Vessel Registration Identification 12 (Panama).", "registration 12 pa"),
        ("a.k.a. 'THE INVENTOR'.", "weak THE INVENTOR"),
        ("a.k.a. 'INVENTED CO.'.", "weak INVENTED CO."),
        ("f.k.a. 'ONE; TWO'; DOB 1960.", "former ONE; TWO | born 1960"),
        ("a.k.a. 'NEVER CLOSED; DOB 1960.", "born 1960"),
        ("Linked To: INVENTED, S.A.", "link INVENTED, S.A."),
        ("Linked To: INVENTED CO. LTD.", "link INVENTED CO. LTD."),
        ("Linked To: INVENTED BANK.", "link INVENTED BANK"),
        (
            "Digital Currency Address - ETH 0x00000000000000000000000000000000deadbeef.",
            "wallet 0x00000000000000000000000000000000deadbeef -",
        ),
        (
            "Secondary sanctions risk: section 1(b) of Executive Order 13224.",
            "tag Secondary sanctions risk: section 1(b) of Executive Order 13224",
        ),
        ("Invented Registry No. 123456 (Mexico).", "other 123456 mx"),
        ("Minister of Inventions since 2012.", ""),
        ("DOB unknown to all.", "kept unknown to all"),
        ("-0-", ""),
        (";;; ;", ""),
    ];

    #[test]
    fn takes_clauses_apart() {
        for (text, expected) in CASES {
            let draft = read_text(text);
            let entity = &draft.listing.entity;
            let mut found: Vec<String> = Vec::new();
            for n in &entity.names {
                let word = if n.value.quality == interdict_model::NameQuality::Weak { "weak" } else { "former" };
                found.push(format!("{word} {}", n.value.full));
            }
            found.extend(entity.births.iter().map(|d| format!("born {}", d.value)));
            found.extend(
                entity
                    .birth_places
                    .iter()
                    .map(|p| format!("at {}", p.value.country.map_or("-".to_owned(), |c| c.to_string()))),
            );
            found.extend(entity.nationalities.iter().map(|c| format!("of {}", c.value)));
            for i in &entity.identifiers {
                let kind = serde_json::to_value(i.value.kind).unwrap();
                let country = i.value.country.map_or("-".to_owned(), |c| c.to_string());
                found.push(format!("{} {} {country}", kind.as_str().unwrap(), i.value.value));
            }
            found.extend(draft.listing.links.iter().map(|l| format!("link {}", l.value.name)));
            found.extend(draft.measures.iter().map(|m| format!("tag {m}")));
            found.extend(
                entity
                    .properties
                    .iter()
                    .filter(|p| p.value.0.starts_with("date"))
                    .map(|p| format!("kept {}", p.value.1)),
            );
            assert_eq!(&found.join(" | "), expected, "`{text}`");
            assert_eq!(entity.remarks.iter().any(|r| r.value == *text), !parts::is_nothing(text), "`{text}` stays");
        }
    }
}
