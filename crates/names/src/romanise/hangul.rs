//! Korean syllables: personal names in the three spellings in use (South Korean press, official,
//! North Korean), other words by the letters and, for foreign names, by the learned costs.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Forms;
use super::lexicon::FOREIGN;
use crate::phonetic;
use crate::script::Script;

/// Longest Korean personal name in syllables.
const LONGEST_NAME: usize = 5;

const ONSETS_OFFICIAL: [&str; 19] =
    ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
const ONSETS_NORTH: [&str; 19] =
    ["k", "kk", "n", "t", "tt", "r", "m", "p", "pp", "s", "ss", "", "ch", "tch", "ch", "k", "t", "p", "h"];
/// Between vowels and after m, n, ng, l.
const ONSETS_NORTH_VOICED: [&str; 19] =
    ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "tch", "ch", "k", "t", "p", "h"];
const VOWELS_OFFICIAL: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu",
    "ui", "i",
];
const VOWELS_NORTH: [&str; 21] = [
    "a", "ae", "ya", "yae", "o", "e", "yo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "u", "ui",
    "i",
];
const CODAS: [&str; 28] = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t",
    "t", "k", "t", "p", "t",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Press,
    Official,
    North,
}

type Table = FxHashMap<&'static str, Vec<&'static str>>;

fn tables() -> &'static (Table, Table) {
    static TABLES: OnceLock<(Table, Table)> = OnceLock::new();
    TABLES.get_or_init(|| {
        let (mut family, mut given) = (Table::default(), Table::default());
        for line in include_str!("../../data/hangul.tsv").lines().filter(|l| !l.starts_with('#')) {
            let mut fields = line.split('\t');
            if let (Some(kind), Some(word), Some(forms)) = (fields.next(), fields.next(), fields.next()) {
                let table = if kind == "f" { &mut family } else { &mut given };
                table.entry(word).or_insert_with(|| forms.split(' ').collect());
            }
        }
        (family, given)
    })
}

/// Onset, vowel and coda of a syllable.
pub(crate) fn parts(c: char) -> Option<(usize, usize, usize)> {
    let index = u32::from(c).checked_sub(0xAC00).filter(|i| *i < 11_172)? as usize;
    Some((index / 588, index % 588 / 28, index % 28))
}

pub(super) fn forms(token: &str, forms: &mut Forms<'_>) {
    for form in FOREIGN.get(token).into_iter().flatten() {
        forms.push(form);
    }
    let names = hangul_name(token);
    let foreign = phonetic::beam(Script::Hangul, token, 2);
    let length = token.chars().count();
    // three syllables after a family name are a person; longer or unknown words may be foreign
    let person_first = !names.is_empty() && length <= 3;
    if !person_first && let Some(best) = foreign.first() {
        forms.push(best);
    }
    for tokens in names.iter().take(4) {
        forms.push(&tokens.join(" "));
    }
    let given: Vec<System> = vec![System::Press, System::Official, System::North];
    if length <= 3 && tokens_are_given(token) {
        for system in given {
            forms.push(&given_name(token, system));
        }
    }
    forms.push(&word(token, System::Official));
    for form in foreign {
        forms.push(&form);
    }
    forms.push(&word(token, System::North));
}

fn tokens_are_given(token: &str) -> bool {
    token.chars().all(|c| tables().1.contains_key(c.encode_utf8(&mut [0; 4]) as &str))
}

/// A run of syllables as family name and given name in each spelling, best first; empty if it
/// does not start with a known family name or is too long for a name.
pub fn hangul_name(token: &str) -> Vec<Vec<String>> {
    let length = token.chars().count();
    if !(2..=LONGEST_NAME).contains(&length) || Script::dominant(token) != Script::Hangul {
        return Vec::new();
    }
    let mut out: Vec<Vec<String>> = Vec::new();
    for family_length in [2_usize, 1] {
        let Some((at, _)) = token.char_indices().nth(family_length) else { continue };
        let Some((family, given)) = token.split_at_checked(at) else { continue };
        let Some(forms) = tables().0.get(family) else { continue };
        if given.is_empty() || given.chars().count() > 2 {
            continue;
        }
        for (rank, system) in [System::North, System::Press, System::Official].into_iter().enumerate() {
            // the official spelling of a family name is the rarest
            let family = match system {
                System::Press | System::North => forms.first(),
                System::Official => forms.get(1).or_else(|| forms.first()),
            };
            let tokens = vec![family.copied().unwrap_or_default().to_string(), given_name(given, system)];
            if !out.contains(&tokens) {
                out.push(tokens);
            }
            if rank == 1
                && let Some(other) = forms.get(1)
            {
                let tokens = vec![(*other).to_string(), given_name(given, System::Press)];
                if !out.contains(&tokens) {
                    out.push(tokens);
                }
            }
        }
        break;
    }
    out
}

fn given_name(given: &str, system: System) -> String {
    let rank = match system {
        System::Press => 0,
        System::Official => 1,
        System::North => 2,
    };
    let mut out = String::new();
    for c in given.chars() {
        let listed = tables().1.get(c.encode_utf8(&mut [0; 4]) as &str);
        match listed.and_then(|forms| forms.get(rank).or_else(|| forms.first())) {
            Some(form) => out.push_str(form),
            None => out.push_str(&word(c.encode_utf8(&mut [0; 4]), system)),
        }
    }
    out
}

fn word(token: &str, system: System) -> String {
    let mut out = String::new();
    // the coda of the syllable before, as it sounds
    let mut before = 0_usize;
    for c in token.chars() {
        let Some((onset, vowel, coda)) = parts(c) else {
            out.push_str(&any_ascii::any_ascii_char(c).to_ascii_lowercase());
            before = 0;
            continue;
        };
        let voiced = out.ends_with(['a', 'e', 'i', 'o', 'u', 'm', 'n', 'g', 'l']);
        let consonant = match system {
            System::North if voiced => ONSETS_NORTH_VOICED[onset],
            System::North => ONSETS_NORTH[onset],
            System::Press | System::Official => ONSETS_OFFICIAL[onset],
        };
        // ㄹㄹ is heard as ll
        if before == 8 && onset == 5 {
            out.push('l');
        } else {
            out.push_str(consonant);
        }
        out.push_str(match system {
            System::North => VOWELS_NORTH[vowel],
            System::Press | System::Official => VOWELS_OFFICIAL[vowel],
        });
        out.push_str(CODAS[coda]);
        before = coda;
    }
    out
}
