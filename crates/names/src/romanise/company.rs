//! A company's name written without blanks: known words in English, the rest romanised.

use super::romanise;
use crate::fold::fold;
use crate::tables::{cut_legal_form, generic, place};

/// Longest known word in characters.
const LONGEST_WORD: usize = 6;

/// Longest name that is divided; longer runs are sentences.
const LONGEST_NAME: usize = 40;

/// The words of a run-on organisation name without its legal form: `华为技术有限公司` is `huawei
/// technology`, `中国银行` is `@cn bank`. Places give their canonical word behind an `@`, generic words their
/// English one, what is left its best romanisation. Empty if the name has no known word: then the
/// romanised forms say all there is.
pub fn company_words(name: &str) -> Vec<String> {
    let name = fold(name);
    let (stem, has_form) = match cut_legal_form(&name) {
        Some((stem, _)) => (stem, true),
        None => (name.as_str(), false),
    };
    let letters: Vec<char> = stem.chars().collect();
    if letters.len() > LONGEST_NAME || stem.is_ascii() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut unknown = String::new();
    let mut known_words = 0_u32;
    let mut i = 0;
    while i < letters.len() {
        match known(&letters[i..]) {
            Some((used, word)) => {
                flush(&mut unknown, &mut out);
                out.push(word);
                known_words += 1;
                i += used;
            }
            None => {
                unknown.extend(letters.get(i));
                i += 1;
            }
        }
    }
    flush(&mut unknown, &mut out);
    if known_words == 0 && !has_form { Vec::new() } else { out }
}

/// The longest known word of two characters or more at the start; one character is too often
/// part of a name.
fn known(letters: &[char]) -> Option<(usize, String)> {
    (2..=LONGEST_WORD.min(letters.len())).rev().find_map(|length| {
        let word: String = letters.get(..length)?.iter().collect();
        let canonical = place(&[&word])
            .map(|(_, place)| format!("@{place}"))
            .or_else(|| generic(&word).map(|g| g.canonical.to_owned()))?;
        Some((length, canonical))
    })
}

fn flush(unknown: &mut String, out: &mut Vec<String>) {
    if unknown.is_empty() {
        return;
    }
    // a company is no person: no division into family and given name
    let joined: String = match crate::script::Script::dominant(unknown) {
        crate::script::Script::Han => unknown.chars().filter_map(crate::phonetic::mandarin).collect(),
        _ => {
            let mut forms = Vec::new();
            romanise(unknown, &mut forms);
            forms.into_iter().next().unwrap_or_default().replace(' ', "")
        }
    };
    if !joined.is_empty() {
        out.push(joined);
    }
    unknown.clear();
}

#[cfg(test)]
mod tests {
    use super::company_words;

    #[test]
    fn names_of_companies() {
        for (name, words) in [
            ("华为技术有限公司", "huawei technology"),
            ("中国银行", "@cn bank"),
            ("中国石油天然气集团公司", "@cn oil gas"),
            ("上海浦东发展银行股份有限公司", "@shanghai pudong development bank"),
            ("조선무역은행", "@kp trading bank"),
            ("主席", ""),
            ("Acme", ""),
        ] {
            assert_eq!(company_words(name).join(" "), words, "{name}");
        }
    }
}
