//! Malaysia's domestic list (Ministry of Home Affairs): a PDF saved as XML, in Malay.
//!
//! Promises: each numbered row of its tables is a listing or a rejection; the ministry's
//! reference (`KDN.I.08-2014`) is record and reference. Tables of 13 columns hold persons, of 7 groups.

use interdict_model::{Designation, IdentifierKind, Kind, Name, NameQuality, Sourced};

use super::uk;
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

/// Malay months that an English reader does not know, each as the English one.
const MONTHS: [(&str, &str); 9] = [
    ("januari", "january"),
    ("februari", "february"),
    ("mac", "march"),
    ("mei", "may"),
    ("julai", "july"),
    ("ogos", "august"),
    ("oktober", "october"),
    ("disember", "december"),
    ("jun", "june"),
];

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut tables = 0_u64;
    while let Some(path) = xml.next()? {
        if path.ends_with("/CreateDate") {
            xml.subtree(&mut tree)?;
            account.published = day(tree.root().text().get(..10).unwrap_or(""), Order::DayFirst);
        } else if path.ends_with("/TR") {
            tables += 1;
            xml.subtree(&mut tree)?;
            row(tree.root(), account);
        }
    }
    if tables == 0 {
        return Err(Refusal::new(file.name, "", "no tables in the document"));
    }
    Ok(())
}

fn row(node: Node<'_>, account: &mut Account<'_>) {
    let cells: Vec<String> = node.children().map(text_of).collect();
    let cell = |i: usize| cells.get(i).map_or("", String::as_str);
    let first = cell(0);
    // Each page repeats the column numbers, one also their names.
    if first.starts_with("(1)") {
        return;
    }
    let place = format!("row {first}, line {}", node.line());
    let kind = match cells.len() {
        13 => Kind::Person,
        7 => Kind::Organization,
        other => return account.reject(place, format!("{other} cells; a person has 13, a group 7"), None),
    };
    if cell(1) == "-" || cell(1).is_empty() {
        return account.reject(place, "no reference", None);
    }
    // The PDF breaks references at blanks: `KDN. I.02-2021`.
    let reference: String = cell(1).chars().filter(|c| !c.is_whitespace()).collect();
    let mut listing = account.blank(reference.clone(), place, kind);
    listing.reference = Some(reference);
    let entity = &mut listing.entity;
    parts::name(entity, Name::new(cell(2), NameQuality::Primary), "Nama");
    if cell(2).contains('@') {
        // Malaysian names write `alias` as @.
        cell(2).split('@').for_each(|one| parts::alias(entity, one, NameQuality::Strong, "@", "Nama"));
    }
    let said = |i: usize| Some(cell(i)).filter(|text| !matches!(*text, "-" | "")).unwrap_or("");
    if kind == Kind::Person {
        parts::title(entity, said(3), "Gelaran");
        parts::title(entity, said(4), "Jawatan");
        for date in said(5).split_whitespace() {
            parts::birth(entity, date, Order::DayFirst, "Tarikh Lahir");
        }
        parts::birth_place(entity, said(6), "", "Tempat Lahir");
        aliases(entity, said(7), "Nama Lain");
        uk::nationalities(entity, said(8), "Warganegara");
        numbers(entity, IdentifierKind::Passport, said(9), "Nombor Pasport");
        numbers(entity, IdentifierKind::NationalId, said(10), "Nombor Kad Pengenalan");
        parts::address(entity, AddressParts { street: said(11), ..AddressParts::default() }, "Alamat");
    } else {
        aliases(entity, said(3), "Nama Lain");
        aliases(entity, said(4), "Nama Lain (5)");
        for piece in uk::pieces(said(5)) {
            match interdict_model::Country::parse(piece) {
                Some(_) => parts::other_country(entity, piece, "Alamat"),
                None => parts::address(entity, AddressParts { street: piece, ..AddressParts::default() }, "Alamat"),
            }
        }
    }
    let act = Designation {
        programme: "MOHA".to_owned(),
        authority: Some("Ministry of Home Affairs of Malaysia".to_owned()),
        listed_on: day(&english(cells.last().map_or("", String::as_str)), Order::DayFirst),
        ..Designation::default()
    };
    listing.designations.push(Sourced::new(act, "Tarikh Disenaraikan"));
    account.listing(listing);
}

fn aliases(entity: &mut interdict_model::Entity, text: &str, field: &'static str) {
    uk::pieces(text).into_iter().for_each(|one| parts::alias(entity, one, NameQuality::Strong, "", field));
}

fn numbers(entity: &mut interdict_model::Entity, kind: IdentifierKind, text: &str, field: &'static str) {
    for piece in uk::pieces(text).into_iter().flat_map(|piece| piece.split(" / ")) {
        parts::identifier(entity, kind, piece, field, "", field);
    }
}

fn english(text: &str) -> String {
    let lower = text.to_lowercase();
    let word = |w: &str| {
        MONTHS.iter().find(|(malay, _)| *malay == w).map_or(w.to_owned(), |(_, english)| (*english).to_owned())
    };
    lower.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

// All text below a cell, in the order of the document.
fn text_of(node: Node<'_>) -> String {
    let mut all = vec![parts::one_line(node.text()).into_owned()];
    all.extend(node.children().map(text_of));
    all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}
