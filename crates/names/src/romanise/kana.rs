//! Japanese syllables: Hepburn with long vowels shortened, and foreign names turned back by the
//! learned costs and by dropping the vowels that only separate consonants.

use super::Forms;
use super::lexicon::FOREIGN;
use crate::phonetic;
use crate::script::Script;

pub(super) fn forms(token: &str, forms: &mut Forms<'_>) {
    let kana: String = token.chars().map(to_katakana).collect();
    let hepburn = hepburn(&kana);
    for form in FOREIGN.get(&kana).into_iter().flatten() {
        forms.push(form);
    }
    // hiragana is native: foreign names are written in katakana
    let foreign = if token.chars().any(|c| Script::of(c) == Script::Katakana) {
        phonetic::beam(Script::Katakana, &kana, 3)
    } else {
        Vec::new()
    };
    if kana_is_foreign(&kana) {
        for form in &foreign {
            forms.push(form);
        }
        forms.push(&hepburn);
    } else {
        forms.push(&hepburn);
        for form in &foreign {
            forms.push(form);
        }
    }
    forms.push(&hepburn.replace("ou", "o").replace("uu", "u").replace("oo", "o"));
    if token.chars().any(|c| Script::of(c) == Script::Katakana) {
        forms.push(&without_filler(&hepburn));
    }
}

/// Signs that Japanese words do not have.
fn kana_is_foreign(kana: &str) -> bool {
    kana.contains(['ー', 'ヴ', 'ァ', 'ィ', 'ェ', 'ォ'])
}

fn to_katakana(c: char) -> char {
    match u32::from(c) {
        code @ 0x3041..=0x3096 => char::from_u32(code + 0x60).unwrap_or(c),
        _ => c,
    }
}

fn base(c: char) -> &'static str {
    match c {
        'ア' | 'ァ' => "a",
        'イ' | 'ィ' | 'ヰ' => "i",
        'ウ' | 'ゥ' => "u",
        'エ' | 'ェ' | 'ヱ' => "e",
        'オ' | 'ォ' | 'ヲ' => "o",
        'カ' | 'ヵ' => "ka",
        'キ' => "ki",
        'ク' => "ku",
        'ケ' | 'ヶ' => "ke",
        'コ' => "ko",
        'ガ' => "ga",
        'ギ' => "gi",
        'グ' => "gu",
        'ゲ' => "ge",
        'ゴ' => "go",
        'サ' => "sa",
        'シ' => "shi",
        'ス' => "su",
        'セ' => "se",
        'ソ' => "so",
        'ザ' => "za",
        'ジ' | 'ヂ' => "ji",
        'ズ' | 'ヅ' => "zu",
        'ゼ' => "ze",
        'ゾ' => "zo",
        'タ' => "ta",
        'チ' => "chi",
        'ツ' => "tsu",
        'テ' => "te",
        'ト' => "to",
        'ダ' => "da",
        'デ' => "de",
        'ド' => "do",
        'ナ' => "na",
        'ニ' => "ni",
        'ヌ' => "nu",
        'ネ' => "ne",
        'ノ' => "no",
        'ハ' => "ha",
        'ヒ' => "hi",
        'フ' => "fu",
        'ヘ' => "he",
        'ホ' => "ho",
        'バ' => "ba",
        'ビ' => "bi",
        'ブ' => "bu",
        'ベ' => "be",
        'ボ' => "bo",
        'パ' => "pa",
        'ピ' => "pi",
        'プ' => "pu",
        'ペ' => "pe",
        'ポ' => "po",
        'マ' => "ma",
        'ミ' => "mi",
        'ム' => "mu",
        'メ' => "me",
        'モ' => "mo",
        'ヤ' | 'ャ' => "ya",
        'ユ' | 'ュ' => "yu",
        'ヨ' | 'ョ' => "yo",
        'ラ' => "ra",
        'リ' => "ri",
        'ル' => "ru",
        'レ' => "re",
        'ロ' => "ro",
        'ワ' | 'ヮ' => "wa",
        'ン' => "n",
        'ヴ' => "vu",
        'ヷ' => "va",
        'ヸ' => "vi",
        'ヹ' => "ve",
        'ヺ' => "vo",
        _ => "",
    }
}

fn hepburn(kana: &str) -> String {
    let mut out = String::new();
    let mut double = false;
    for c in kana.chars() {
        match c {
            'ッ' => double = true,
            // long vowels are not written in passports
            'ー' | '・' | '･' => {}
            'ャ' | 'ュ' | 'ョ' if out.ends_with('i') => {
                out.pop();
                let vowel = &base(c)[1..];
                if !out.ends_with("sh") && !out.ends_with("ch") && !out.ends_with('j') {
                    out.push('y');
                }
                out.push_str(vowel);
            }
            // small vowels replace the vowel before: ファ fa, ティ ti, ウォ wo
            'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ャ' | 'ュ' | 'ョ' => {
                let small = base(c);
                if out.ends_with(['a', 'e', 'i', 'o', 'u']) {
                    let vowel = out.pop();
                    let bare = out.is_empty() || out.ends_with(['a', 'e', 'i', 'o', 'u']);
                    if bare && vowel == Some('u') {
                        out.push('w');
                    } else if bare {
                        out.extend(vowel);
                    }
                }
                out.push_str(small);
            }
            _ => {
                let syllable = base(c);
                if double && let Some(first) = syllable.chars().next() {
                    out.push(if syllable.starts_with("ch") { 't' } else { first });
                }
                double = false;
                if syllable.is_empty() {
                    out.push_str(&any_ascii::any_ascii_char(c).to_ascii_lowercase());
                } else {
                    out.push_str(syllable);
                }
            }
        }
    }
    out
}

/// `u` between consonants or at the end, and `o` after t and d there, only keep Japanese syllables
/// apart: `oruburaito` is Albright.
fn without_filler(hepburn: &str) -> String {
    let letters: Vec<char> = hepburn.chars().collect();
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
    let mut out = String::new();
    for (i, &c) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|p| letters.get(p)).copied();
        let next = letters.get(i + 1).copied();
        let filler = (c == 'u' || (c == 'o' && matches!(before, Some('t' | 'd'))))
            && before.is_some_and(|b| !vowel(b) && b != 'y')
            && next.is_none_or(|n| !vowel(n) && n != 'y');
        if !filler {
            out.push(c);
        }
    }
    out
}
