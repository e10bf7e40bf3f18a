//! Thai, Lao, Khmer and Burmese: vowels written before or around their consonant are put behind it.

use super::{Forms, Script};

pub(super) fn forms(script: Script, token: &str, forms: &mut Forms<'_>) {
    match script {
        Script::Thai => {
            forms.push(&thai(token, true));
            forms.push(&thai(token, false));
        }
        Script::Lao => {
            // Lao letters lie in the Thai order, so the Thai rules read them
            let shifted: String =
                token.chars().map(|c| u32::from(c).checked_sub(0x80).and_then(char::from_u32).unwrap_or(c)).collect();
            forms.push(&thai(&shifted, true));
            forms.push(&thai(&shifted, false));
        }
        Script::Khmer => forms.push(&khmer(token)),
        Script::Burmese => forms.push(&burmese(token)),
        _other => {}
    }
    let plain = any_ascii::any_ascii(token).to_ascii_lowercase();
    forms.push(&plain);
}

/// Initial and final value of a Thai consonant in the general system.
fn thai_consonant(c: char) -> Option<(&'static str, &'static str)> {
    Some(match c {
        'ก' => ("k", "k"),
        'ข' | 'ฃ' | 'ค' | 'ฅ' | 'ฆ' => ("kh", "k"),
        'ง' => ("ng", "ng"),
        'จ' => ("ch", "t"),
        'ฉ' | 'ช' | 'ฌ' => ("ch", "t"),
        'ซ' | 'ศ' | 'ษ' | 'ส' => ("s", "t"),
        'ญ' => ("y", "n"),
        'ฎ' | 'ด' => ("d", "t"),
        'ฏ' | 'ต' => ("t", "t"),
        'ฐ' | 'ฑ' | 'ฒ' | 'ถ' | 'ท' | 'ธ' => ("th", "t"),
        'ณ' | 'น' => ("n", "n"),
        'บ' => ("b", "p"),
        'ป' => ("p", "p"),
        'ผ' | 'พ' | 'ภ' => ("ph", "p"),
        'ฝ' | 'ฟ' => ("f", "p"),
        'ม' => ("m", "m"),
        'ย' => ("y", "i"),
        'ร' => ("r", "n"),
        'ล' | 'ฬ' => ("l", "n"),
        'ว' => ("w", "o"),
        'ห' | 'ฮ' => ("h", ""),
        'อ' => ("", ""),
        _ => return None,
    })
}

fn thai(token: &str, with_finals: bool) -> String {
    // tone marks and silenced letters (ทักษิณ, สุทธิ์) first
    let mut letters: Vec<char> = Vec::new();
    for c in token.chars() {
        match c {
            '\u{e4c}' => {
                if letters.last().is_some_and(|l| matches!(l, 'ิ' | 'ุ')) {
                    letters.pop();
                }
                letters.pop();
            }
            '\u{e47}'..='\u{e4b}' | '\u{e4d}' | '\u{e4e}' | '\u{e3a}' => {}
            _ => letters.push(c),
        }
    }
    let is_consonant = |c: Option<&char>| c.is_some_and(|c| thai_consonant(*c).is_some());
    let is_vowel =
        |c: Option<&char>| c.is_some_and(|c| matches!(c, 'ะ' | 'ั' | 'า' | 'ำ' | 'ิ' | 'ี' | 'ึ' | 'ื' | 'ุ' | 'ู'));
    let mut out = String::new();
    let mut open_syllable = false;
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        // a leading vowel belongs behind its consonant or cluster
        let leading = match c {
            'เ' => "e",
            'แ' => "ae",
            'โ' => "o",
            'ใ' | 'ไ' => "ai",
            _ => "",
        };
        if !leading.is_empty() {
            let Some(first) = letters.get(i + 1).and_then(|c| thai_consonant(*c)) else {
                out.push_str(leading);
                i += 1;
                continue;
            };
            out.push_str(first.0);
            i += 2;
            if matches!(letters.get(i), Some('ร' | 'ล')) && is_consonant(letters.get(i + 1)) {
                out.push_str(letters.get(i).and_then(|c| thai_consonant(*c)).map_or("", |p| p.0));
                i += 1;
            }
            let (vowel, used) = match (leading, letters.get(i), letters.get(i + 1)) {
                ("e", Some('า'), _) => ("ao", 1),
                ("e", Some('ี'), Some('ย')) => ("ia", 2),
                ("e", Some('ื'), Some('อ')) => ("uea", 2),
                ("e", Some('ิ'), _) => ("oe", 1),
                ("e", Some('อ'), _) => ("oe", 1),
                ("e", Some('ย'), _) => ("oei", 1),
                (l, Some('ะ'), _) => (l, 1),
                (l, _, _) => (l, 0),
            };
            out.push_str(vowel);
            i += used;
            // the glide is written twice: ไทย
            if vowel == "ai" && letters.get(i) == Some(&'ย') {
                i += 1;
            }
            if vowel != "ai"
                && is_consonant(letters.get(i))
                && !is_vowel(letters.get(i + 1))
                && !starts_syllable(&letters, i)
            {
                out.push_str(
                    letters.get(i).and_then(|c| thai_consonant(*c)).map_or("", |p| if with_finals { p.1 } else { p.0 }),
                );
                i += 1;
            }
            continue;
        }
        match c {
            'ั' if letters.get(i + 1) == Some(&'ว') && !is_vowel(letters.get(i + 2)) => {
                out.push_str("ua");
                i += 2;
                continue;
            }
            'ะ' | 'ั' => out.push('a'),
            'า' => out.push('a'),
            'ำ' => out.push_str("am"),
            'ิ' | 'ี' => out.push('i'),
            'ึ' | 'ื' => {
                out.push_str("ue");
                // the bearer of a long vowel is not heard
                if letters.get(i + 1) == Some(&'อ') {
                    i += 1;
                }
            }
            'ุ' | 'ู' => out.push('u'),
            'ร' if letters.get(i + 1) == Some(&'ร') => {
                out.push_str(if is_consonant(letters.get(i + 2)) { "a" } else { "an" });
                i += 2;
                continue;
            }
            'อ' if i > 0 && !is_vowel(letters.get(i + 1)) && is_consonant(letters.get(i - 1)) => out.push('o'),
            'ว' if i > 0
                && is_consonant(letters.get(i - 1))
                && is_consonant(letters.get(i + 1))
                && !is_vowel(letters.get(i + 2)) =>
            {
                out.push_str("ua");
            }
            _ => {
                if let Some((initial, last)) = thai_consonant(c) {
                    let vowel_before = out.ends_with(['a', 'e', 'i', 'o', 'u']) && !open_syllable;
                    open_syllable = false;
                    let followed = is_vowel(letters.get(i + 1)) || letters.get(i + 1) == Some(&'อ');
                    if followed || (!vowel_before && is_consonant(letters.get(i + 1))) || starts_syllable(&letters, i) {
                        out.push_str(initial);
                        // an unwritten vowel: o in a closed syllable, a in an open one
                        if !followed && is_consonant(letters.get(i + 1)) {
                            let bare = letters[i..].iter().take_while(|c| thai_consonant(**c).is_some()).count();
                            let run_ends = letters.get(i + bare).is_none();
                            // three bare consonants are two syllables: kamon, thanon
                            let open = run_ends && bare == 3;
                            let closed = !open && !is_vowel(letters.get(i + 2)) && letters.get(i + 2) != Some(&'อ');
                            if !matches!(letters.get(i + 1), Some('ร' | 'ล' | 'ว')) || closed {
                                out.push(if closed { 'o' } else { 'a' });
                                open_syllable = open;
                            }
                        }
                    } else {
                        out.push_str(if with_finals { last } else { initial });
                    }
                }
            }
        }
        i += 1;
    }
    out
}

/// Whether the consonant at `i` opens a syllable although no vowel is written behind it.
fn starts_syllable(letters: &[char], i: usize) -> bool {
    // a vowel two letters on with a cluster between: คร, ปร, พล
    matches!(letters.get(i + 1), Some('ร' | 'ล' | 'ว'))
        && letters.get(i + 2).is_some_and(|c| matches!(c, 'ะ' | 'ั' | 'า' | 'ำ' | 'ิ' | 'ี' | 'ึ' | 'ื' | 'ุ' | 'ู'))
}

/// Khmer: each consonant carries a or o by its series unless a vowel sign follows.
fn khmer(token: &str) -> String {
    let letters: Vec<char> = token.chars().filter(|c| !matches!(c, '\u{17c9}'..='\u{17d1}' | '\u{17d3}')).collect();
    let mut out = String::new();
    let mut second_series = false;
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let code = u32::from(c);
        let consonant = match c {
            'ក' => Some(("k", false)),
            'ខ' => Some(("kh", false)),
            'គ' => Some(("k", true)),
            'ឃ' => Some(("kh", true)),
            'ង' => Some(("ng", true)),
            'ច' => Some(("ch", false)),
            'ឆ' => Some(("ch", false)),
            'ជ' | 'ឈ' => Some(("ch", true)),
            'ញ' => Some(("nh", true)),
            'ដ' => Some(("d", false)),
            'ឋ' | 'ថ' => Some(("th", false)),
            'ឌ' => Some(("d", true)),
            'ឍ' | 'ធ' => Some(("th", true)),
            'ណ' => Some(("n", false)),
            'ត' => Some(("t", false)),
            'ទ' => Some(("t", true)),
            'ន' => Some(("n", true)),
            'ប' => Some(("b", false)),
            'ផ' => Some(("ph", false)),
            'ព' => Some(("p", true)),
            'ភ' => Some(("ph", true)),
            'ម' => Some(("m", true)),
            'យ' => Some(("y", true)),
            'រ' => Some(("r", true)),
            'ល' => Some(("l", true)),
            'វ' => Some(("v", true)),
            'ស' => Some(("s", false)),
            'ហ' => Some(("h", false)),
            'ឡ' => Some(("l", false)),
            'អ' => Some(("", false)),
            _ => None,
        };
        i += 1;
        if let Some((sound, second)) = consonant {
            out.push_str(sound);
            second_series = second;
            let next = letters.get(i).map(|n| u32::from(*n));
            let open = next.is_none_or(|n| !(0x17b6..=0x17c8).contains(&n) && n != 0x17d2);
            // an unmarked consonant at the end only closes the syllable
            if open
                && i < letters.len()
                && !out.is_empty()
                && letters.get(i + 1).is_none_or(|n| !(0x17b6..=0x17c8).contains(&u32::from(*n)))
            {
                let previous_vowel =
                    i >= 2 && letters.get(i - 2).is_some_and(|p| (0x17b6..=0x17c8).contains(&u32::from(*p)));
                if !previous_vowel {
                    out.push_str(if second { "o" } else { "a" });
                }
            }
            continue;
        }
        out.push_str(match code {
            0x17b6 => {
                if second_series {
                    "ea"
                } else {
                    "a"
                }
            }
            0x17b7 | 0x17b8 => "i",
            0x17b9 | 0x17ba => "eu",
            0x17bb | 0x17bc => "u",
            0x17bd => "uo",
            0x17be => "aeu",
            0x17bf => "oeu",
            0x17c0 => "ie",
            0x17c1 | 0x17c2 => "e",
            0x17c3 => "ai",
            0x17c4 => {
                if second_series {
                    "o"
                } else {
                    "ao"
                }
            }
            0x17c5 => "au",
            0x17c6 => "am",
            0x17c7 | 0x17c8 => "h",
            0x17a0..=0x17b3 => any_ascii::any_ascii_char(c),
            _ => "",
        });
    }
    out
}

/// Burmese: a consonant with its medials, then the vowel signs.
fn burmese(token: &str) -> String {
    let letters: Vec<char> = token.chars().filter(|c| !matches!(c, '\u{1037}' | '\u{1038}')).collect();
    let mut out = String::new();
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let next = letters.get(i + 1).copied();
        // a consonant that closes its syllable
        if next == Some('\u{103a}') {
            out.push_str(match c {
                'က' | 'ခ' | 'ဂ' => "k",
                'င' => "ng",
                'စ' | 'တ' | 'ဒ' => "t",
                'ပ' | 'ဗ' => "p",
                'ည' | 'ယ' => "",
                'န' | 'မ' | 'ံ' => "n",
                _ => "",
            });
            i += 2;
            continue;
        }
        let consonant = match c {
            'က' => "k",
            'ခ' | 'ဃ' => "kh",
            'ဂ' => "g",
            'င' => "ng",
            'စ' => "s",
            'ဆ' => "s",
            'ဇ' | 'ဈ' => "z",
            'ည' | 'ဉ' => "ny",
            'တ' | 'ဋ' => "t",
            'ထ' | 'ဌ' => "ht",
            'ဒ' | 'ဓ' | 'ဍ' => "d",
            'န' | 'ဏ' => "n",
            'ပ' => "p",
            'ဖ' => "ph",
            'ဗ' | 'ဘ' => "b",
            'မ' => "m",
            'ယ' => "y",
            'ရ' => "y",
            'လ' | 'ဠ' => "l",
            'ဝ' => "w",
            'သ' => "th",
            'ဟ' => "h",
            'အ' => "",
            _ => {
                out.push_str(match c {
                    'ါ' | 'ာ' => "a",
                    'ိ' | 'ီ' => "i",
                    'ု' | 'ူ' => "u",
                    'ေ' => "e",
                    'ဲ' => "e",
                    'ံ' => "an",
                    other => any_ascii::any_ascii_char(other),
                });
                i += 1;
                continue;
            }
        };
        i += 1;
        let mut medial = String::new();
        let mut breathy = false;
        while let Some(m) = letters.get(i) {
            match m {
                'ျ' | 'ြ' => medial.push('y'),
                'ွ' => medial.push('w'),
                'ှ' => breathy = true,
                _ => break,
            }
            i += 1;
        }
        if breathy && !matches!(consonant, "" | "y") {
            out.push('h');
        }
        match (consonant, medial.as_str()) {
            ("y", _) if breathy => out.push_str("sh"),
            ("k", "y") => out.push_str("ky"),
            ("th", _) => out.push_str("th"),
            (other, _) => out.push_str(other),
        }
        out.push_str(if consonant == "k" && medial == "y" { "" } else { &medial });
        // vowels: ေ before ာ is aw; ို is o
        match (letters.get(i), letters.get(i + 1)) {
            (Some('ေ'), Some('ာ' | 'ါ')) => {
                out.push_str("aw");
                i += 2;
            }
            (Some('ိ'), Some('ု')) => {
                out.push('o');
                i += 2;
            }
            (Some('ါ' | 'ာ' | 'ိ' | 'ီ' | 'ု' | 'ူ' | 'ေ' | 'ဲ' | 'ံ'), _) => {}
            // asat closes: သန်း than
            _ => out.push('a'),
        }
    }
    out
}
