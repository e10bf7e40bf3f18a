//! The Indic scripts share one block layout, so one table of offsets reads them all; the inherent
//! vowel at the end of a word is silent in the northern languages.

use super::{Forms, Script};

/// First code point of a script's block.
fn block(script: Script) -> Option<u32> {
    Some(match script {
        Script::Devanagari => 0x900,
        Script::Bengali => 0x980,
        Script::Gurmukhi => 0xA00,
        Script::Gujarati => 0xA80,
        Script::Oriya => 0xB00,
        Script::Tamil => 0xB80,
        Script::Telugu => 0xC00,
        Script::Kannada => 0xC80,
        Script::Malayalam => 0xD00,
        // Sinhala has a layout of its own, the rest are no Indic scripts
        _other => return None,
    })
}

pub(super) fn forms(script: Script, token: &str, forms: &mut Forms<'_>) {
    let Some(start) = block(script) else {
        forms.push(&any_ascii::any_ascii(token).to_ascii_lowercase());
        return;
    };
    let northern = matches!(script, Script::Devanagari | Script::Bengali | Script::Gurmukhi | Script::Gujarati);
    let full = write(token, start, script, northern);
    if northern {
        // the middle vowel of जसवंत, शाहरुख is silent as well
        let short = drop_middle(&full);
        if script == Script::Bengali {
            forms.push(&full);
            forms.push(&full.replace('a', "o"));
        } else {
            forms.push(&short);
            forms.push(&full);
        }
    } else {
        forms.push(&full);
        forms.push(&drop_last_u(&full));
        forms.push(&full.replace("th", "t").replace("zh", "l"));
    }
    let spelt = full.replace("aa", "a").replace("ii", "i").replace("uu", "u");
    forms.push(&spelt.replace('v', "w"));
    forms.push(&spelt.replace("ee", "i").replace("oo", "u"));
}

fn drop_last_u(text: &str) -> String {
    text.strip_suffix('u').unwrap_or(text).to_string()
}

/// Removes an `a` between two single consonants when vowels stand on both sides: `jasavant`.
fn drop_middle(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let vowel = |c: Option<&char>| c.is_some_and(|c| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u'));
    let mut out = String::new();
    let mut dropped = false;
    for (i, c) in letters.iter().enumerate() {
        let inner = i >= 3 && i + 2 < letters.len();
        if *c == 'a'
            && inner
            && !dropped
            && vowel(letters.get(i - 2))
            && !vowel(letters.get(i - 1))
            && !vowel(letters.get(i + 1))
            && letters.get(i + 1) != Some(&'h')
            && vowel(letters.get(i + 2))
        {
            dropped = true;
            continue;
        }
        out.push(*c);
    }
    out
}

fn write(token: &str, start: u32, script: Script, northern: bool) -> String {
    let letters: Vec<char> = token.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        i += 1;
        let Some(offset) = u32::from(c).checked_sub(start).filter(|o| *o < 0x80) else {
            continue;
        };
        let next = letters.get(i).and_then(|n| u32::from(*n).checked_sub(start));
        let tamil = script == Script::Tamil;
        // Tamil writes one letter for voiced and voiceless: voiced inside a word
        let inside = i > 1 && out.ends_with(['a', 'e', 'i', 'o', 'u', 'n', 'm']);
        let doubled = next == Some(0x4d) && letters.get(i + 1) == Some(&c);
        let consonant = match offset {
            0x15 if tamil && inside && !doubled => "g",
            0x15 => "k",
            0x16 => "kh",
            0x17 => "g",
            0x18 => "gh",
            0x19 => "n",
            0x1a if tamil => "s",
            0x1a => "ch",
            0x1b => "chh",
            0x1c => "j",
            0x1d => "jh",
            0x1e => "n",
            0x1f if tamil && inside && !doubled => "d",
            0x1f => "t",
            0x20 => "th",
            0x21 => "d",
            0x22 => "dh",
            0x23 => "n",
            0x24 if tamil && inside && !doubled => "th",
            0x24 => {
                if matches!(script, Script::Malayalam | Script::Tamil) {
                    "th"
                } else {
                    "t"
                }
            }
            0x25 => "th",
            0x26 => "d",
            0x27 => "dh",
            0x28 | 0x29 => "n",
            0x2a if tamil && inside && !doubled => "b",
            0x2a => "p",
            0x2b => "ph",
            0x2c => "b",
            0x2d => "bh",
            0x2e => "m",
            0x2f => {
                if script == Script::Bengali {
                    "j"
                } else {
                    "y"
                }
            }
            0x30 => "r",
            0x31 => "r",
            0x32 => "l",
            0x33 => "l",
            0x34 => "zh",
            0x35 => "v",
            0x36 | 0x37 => "sh",
            0x38 => "s",
            0x39 => "h",
            0x58 => "q",
            0x59 => "kh",
            0x5a => "gh",
            0x5b => "z",
            0x5c => "r",
            0x5d => "rh",
            0x5e => "f",
            0x5f => "y",
            0x71 if script == Script::Bengali => "w",
            0x70 if script == Script::Bengali => "r",
            _ => "",
        };
        if !consonant.is_empty() {
            let nukta = next == Some(0x3c);
            if nukta {
                i += 1;
            }
            out.push_str(match (consonant, nukta) {
                ("j", true) => "z",
                ("ph", true) => "f",
                ("d", true) => "r",
                (other, _) => other,
            });
            let next = letters.get(i).and_then(|n| u32::from(*n).checked_sub(start));
            let signed = next.is_some_and(|n| (0x3e..=0x4d).contains(&n) || n == 0x57 || n == 0x62);
            let last = letters.get(i).is_none();
            // a final consonant of one letter words keeps its vowel
            // the vowel is heard behind a cluster: narendra
            let cluster = i >= 2 && letters.get(i - 2).and_then(|n| u32::from(*n).checked_sub(start)) == Some(0x4d);
            let silent = last && northern && letters.len() > 1 && !cluster;
            if !signed && !silent {
                out.push('a');
            }
            continue;
        }
        out.push_str(match offset {
            0x01 | 0x02 | 0x70 => match letters.get(i).and_then(|n| u32::from(*n).checked_sub(start)) {
                // before lips the nasal is m
                Some(0x2a..=0x2e) => "m",
                None if !northern => "m",
                _ => "n",
            },
            0x03 => "h",
            0x05 => "a",
            0x06 | 0x3e => "a",
            0x07 | 0x3f => "i",
            0x08 | 0x40 => "i",
            0x09 | 0x41 => "u",
            0x0a | 0x42 => "u",
            0x0b | 0x43 => "ri",
            0x0d | 0x0e | 0x0f | 0x45 | 0x46 | 0x47 => "e",
            0x10 | 0x48 => "ai",
            0x11 | 0x12 | 0x13 | 0x49 | 0x4a | 0x4b => "o",
            0x14 | 0x4c | 0x57 => "au",
            // Malayalam letters without a vowel
            0x7a | 0x7b if script == Script::Malayalam => "n",
            0x7c if script == Script::Malayalam => "r",
            0x7d | 0x7e if script == Script::Malayalam => "l",
            0x7f if script == Script::Malayalam => "k",
            0x4e if script == Script::Bengali => "t",
            _ => "",
        });
    }
    out
}
