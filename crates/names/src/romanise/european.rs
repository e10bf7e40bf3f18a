//! Greek, Armenian, Georgian and Ethiopic: alphabets a table of letters nearly exhausts.

use super::{Forms, combine};

/// Greek: one list of alternatives a sound, digraphs first.
pub(super) fn greek(token: &str, forms: &mut Forms<'_>) {
    let letters: Vec<char> = token.chars().collect();
    let mut units: Vec<Vec<&str>> = Vec::with_capacity(letters.len());
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let first = i == 0;
        let next = letters.get(i + 1).copied();
        let (unit, used): (Vec<&str>, usize) = match (c, next) {
            ('ο', Some('υ')) => (vec!["ou", "u"], 2),
            ('μ', Some('π')) if first => (vec!["b", "mp"], 2),
            ('μ', Some('π')) => (vec!["mp", "b", "mb"], 2),
            ('ν', Some('τ')) if first => (vec!["d", "nt"], 2),
            ('ν', Some('τ')) => (vec!["nt", "d", "nd"], 2),
            ('γ', Some('κ')) if first => (vec!["g", "gk"], 2),
            ('γ', Some('κ')) => (vec!["gk", "g", "ng"], 2),
            ('γ', Some('γ')) => (vec!["ng", "gg"], 2),
            ('γ', Some('χ')) => (vec!["nch"], 2),
            ('τ', Some('ζ')) => (vec!["tz", "j"], 2),
            ('α', Some('υ')) => (vec!["av", "af", "au"], 2),
            ('ε', Some('υ')) => (vec!["ev", "ef", "eu"], 2),
            ('α', Some('ι')) => (vec!["ai", "e"], 2),
            ('ε', Some('ι')) => (vec!["ei", "i"], 2),
            ('ο', Some('ι')) => (vec!["oi", "i"], 2),
            ('α', _) => (vec!["a"], 1),
            ('β', _) => (vec!["v", "b"], 1),
            ('γ', Some('ι' | 'ε' | 'η' | 'υ')) => (vec!["g", "y"], 1),
            ('γ', _) => (vec!["g"], 1),
            ('δ', _) => (vec!["d"], 1),
            ('ε', _) => (vec!["e"], 1),
            ('ζ', _) => (vec!["z"], 1),
            ('η', _) => (vec!["i", "e"], 1),
            ('θ', _) => (vec!["th"], 1),
            ('ι', _) => (vec!["i"], 1),
            ('κ', _) => (vec!["k", "c"], 1),
            ('λ', _) => (vec!["l"], 1),
            ('μ', _) => (vec!["m"], 1),
            ('ν', _) => (vec!["n"], 1),
            ('ξ', _) => (vec!["x", "ks"], 1),
            ('ο' | 'ω', _) => (vec!["o"], 1),
            ('π', _) => (vec!["p"], 1),
            ('ρ', _) => (vec!["r"], 1),
            ('σ' | 'ς', _) => (vec!["s"], 1),
            ('τ', _) => (vec!["t"], 1),
            ('υ', _) => (vec!["y", "i"], 1),
            ('φ', _) => (vec!["f", "ph"], 1),
            ('χ', _) => (vec!["ch", "h"], 1),
            ('ψ', _) => (vec!["ps"], 1),
            _ => (vec![any_ascii::any_ascii_char(c)], 1),
        };
        units.push(unit);
        i += used;
    }
    for form in combine(&units, super::MAX_FORMS) {
        forms.push(&form);
    }
}

/// Armenian, eastern values first; the western shift of b/p, g/k, d/t second.
pub(super) fn armenian(token: &str, forms: &mut Forms<'_>) {
    let letters: Vec<char> = token.chars().collect();
    for western in [false, true] {
        let mut out = String::new();
        for (i, c) in letters.iter().enumerate() {
            let next = letters.get(i + 1).copied();
            let piece = match (c, western) {
                ('ո', _) if next == Some('ւ') => "u",
                ('ւ', _) if i > 0 && letters[i - 1] == 'ո' => "",
                ('և', _) => "ev",
                ('ո', _) if i == 0 => "vo",
                ('ե', _) if i == 0 => "ye",
                ('ե', _) if next == Some('ա') => "e",
                ('ա', _) => "a",
                ('բ', false) | ('պ', true) => "b",
                ('գ', false) | ('կ', true) => "g",
                ('դ', false) | ('տ', true) => "d",
                ('պ', false) | ('բ', true) | ('փ', _) => "p",
                ('կ', false) | ('գ', true) => "k",
                ('ք', _) => "k",
                ('տ', false) | ('դ', true) | ('թ', _) => "t",
                ('ե' | 'է', _) => "e",
                ('զ', _) => "z",
                ('ը', _) => "y",
                ('ժ', _) => "zh",
                ('ի', _) => "i",
                ('լ', _) => "l",
                ('խ', _) => "kh",
                ('ծ', _) => "ts",
                ('ց', _) => "ts",
                ('ձ', _) => "dz",
                ('հ', _) => "h",
                ('ղ', _) => "gh",
                ('ճ', false) | ('ջ', true) => "ch",
                ('ջ', false) | ('ճ', true) => "j",
                ('չ', _) => "ch",
                ('մ', _) => "m",
                ('յ', _) => "y",
                ('ն', _) => "n",
                ('շ', _) => "sh",
                ('ո' | 'օ', _) => "o",
                ('ռ' | 'ր', _) => "r",
                ('ս', _) => "s",
                ('վ' | 'ւ', _) => "v",
                ('ֆ', _) => "f",
                (other, _) => any_ascii::any_ascii_char(*other),
            };
            out.push_str(piece);
        }
        // the glide of -յան is written by half of the bearers
        if let Some(stem) = out.strip_suffix("yan") {
            forms.push(&out);
            forms.push(&format!("{stem}ian"));
        } else {
            forms.push(&out);
        }
    }
}

/// Georgian by the national system.
pub(super) fn georgian(token: &str, forms: &mut Forms<'_>) {
    let mut out = String::new();
    for c in token.chars() {
        out.push_str(match c {
            'ა' => "a",
            'ბ' => "b",
            'გ' => "g",
            'დ' => "d",
            'ე' => "e",
            'ვ' => "v",
            'ზ' => "z",
            'თ' | 'ტ' => "t",
            'ი' => "i",
            'კ' | 'ქ' => "k",
            'ლ' => "l",
            'მ' => "m",
            'ნ' => "n",
            'ო' => "o",
            'პ' | 'ფ' => "p",
            'ჟ' => "zh",
            'რ' => "r",
            'ს' => "s",
            'უ' => "u",
            'ღ' => "gh",
            'ყ' => "q",
            'შ' => "sh",
            'ჩ' | 'ჭ' => "ch",
            'ც' | 'წ' => "ts",
            'ძ' => "dz",
            'ხ' => "kh",
            'ჯ' => "j",
            'ჰ' => "h",
            other => any_ascii::any_ascii_char(other),
        });
    }
    forms.push(&out);
    forms.push(&out.replace('q', "k"));
}

/// Ethiopic: the sixth order is mostly silent, the first order is `e` or `a`.
pub(super) fn ethiopic(token: &str, forms: &mut Forms<'_>) {
    let mut plain = String::new();
    for c in token.chars() {
        plain.push_str(&any_ascii::any_ascii_char(c).to_ascii_lowercase());
    }
    let plain: String = plain.chars().filter(char::is_ascii_alphanumeric).collect();
    forms.push(&plain);
    forms.push(&plain.replace('e', "a"));
    if let Some(stem) = plain.strip_suffix('e') {
        forms.push(stem);
    }
}
