//! Cyrillic by whole-word schemes: a spelling mixes the letters of one scheme, not of all.

use super::Forms;

/// The conventions that decide between spellings of one letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// English newspapers: Dmitry, Sergey, Yury, Evgeny.
    Press,
    /// BGN/PCGN, as OFAC writes: Dmitriy, Yevgeniy.
    Bgn,
    /// Machine-readable passports (ICAO): Dmitrii, Iurii, Sergei.
    Passport,
    /// Names that came from other languages: Alexander, George, Harris.
    Foreign,
    /// Press spelling of the 1990s and of Western Europe: ё as e, й as i, ю as yu.
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Russian,
    Ukrainian,
    Belarusian,
    Serbian,
    Macedonian,
    Bulgarian,
    Turkic,
    Tajik,
}

pub(super) fn forms(token: &str, forms: &mut Forms<'_>) {
    let language = language(token);
    // Russian reads the letters first; a Korean syllable is also what it stands for
    forms.push(&write(token, language, Scheme::Press));
    for syllable in super::korean_cyrillic::spellings(token) {
        forms.push(syllable);
    }
    for scheme in [Scheme::Press, Scheme::Bgn, Scheme::Passport, Scheme::Plain, Scheme::Foreign] {
        forms.push(&write(token, language, scheme));
    }
    match language {
        // the same persons are also listed in the Russian spelling of their names
        Language::Ukrainian | Language::Belarusian => {
            let russian = token.replace(['і', 'ї'], "и").replace('є', "е").replace('ґ', "г").replace('ў', "в");
            forms.push(&write(&russian, Language::Russian, Scheme::Press));
            forms.push(&write(&russian, Language::Russian, Scheme::Bgn));
        }
        // `ъ` and `щ` alone do not tell Bulgarian from Russian
        Language::Bulgarian => forms.push(&write(token, Language::Russian, Scheme::Bgn)),
        Language::Russian if token.contains('щ') => forms.push(&write(token, Language::Bulgarian, Scheme::Press)),
        Language::Russian | Language::Serbian | Language::Macedonian | Language::Turkic | Language::Tajik => {}
    }
}

fn language(token: &str) -> Language {
    if token.contains(['ї', 'є', 'ґ']) {
        Language::Ukrainian
    } else if token.contains(['қ', 'ғ', 'ң', 'ә', 'ө', 'ү', 'ұ', 'һ', 'җ']) {
        if token.contains(['ҳ', 'ҷ', 'ӣ', 'ӯ']) { Language::Tajik } else { Language::Turkic }
    } else if token.contains(['ҳ', 'ҷ', 'ӣ', 'ӯ']) {
        Language::Tajik
    } else if token.contains(['ў', 'ы', 'э']) && token.contains(['ў', 'і']) {
        Language::Belarusian
    } else if token.contains('і') || token.contains("ськ") || token.contains("цьк") {
        Language::Ukrainian
    } else if token.contains(['ѓ', 'ќ', 'ѕ']) {
        Language::Macedonian
    } else if token.contains(['ђ', 'ј', 'љ', 'њ', 'ћ', 'џ']) {
        Language::Serbian
    } else if has_vowel_sign(token) {
        Language::Bulgarian
    } else {
        Language::Russian
    }
}

/// `ъ` between consonants is a vowel only in Bulgarian.
fn has_vowel_sign(token: &str) -> bool {
    let letters: Vec<char> = token.chars().collect();
    letters.windows(2).any(|w| w[0] == 'ъ' && !matches!(w[1], 'е' | 'ё' | 'ю' | 'я' | 'и'))
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'а' | 'е' | 'ё' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я' | 'і' | 'ї' | 'є' | 'ә' | 'ө' | 'ү' | 'ұ')
}

fn write(token: &str, language: Language, scheme: Scheme) -> String {
    use Language as L;
    use Scheme as S;
    let letters: Vec<char> = token.chars().collect();
    let mut out = String::with_capacity(token.len());
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let previous = i.checked_sub(1).and_then(|p| letters.get(p)).copied();
        let next = letters.get(i + 1).copied();
        let after_next = letters.get(i + 2).copied();
        let starts = previous.is_none_or(|p| is_vowel(p) || matches!(p, 'ь' | 'ъ' | '\''));
        let last = next.is_none();
        i += 1;
        let piece = match c {
            'а' => "a",
            'б' => "b",
            'в' => "v",
            'г' => match language {
                L::Ukrainian if previous == Some('з') => "gh",
                L::Ukrainian | L::Belarusian => "h",
                _ if scheme == S::Foreign && starts && previous.is_none() && matches!(next, Some('е' | 'а' | 'о')) => {
                    "h"
                }
                _ => "g",
            },
            'ґ' => "g",
            'д' if next == Some('ж') && matches!(scheme, S::Foreign | S::Press) => {
                i += 1;
                "j"
            }
            'д' => "d",
            'е' => match (language, scheme) {
                (L::Ukrainian | L::Serbian | L::Macedonian | L::Bulgarian, _) => "e",
                (L::Belarusian, S::Press | S::Bgn) if starts => "ye",
                (_, S::Bgn) if starts => "ye",
                _ => "e",
            },
            'ё' => match scheme {
                S::Press | S::Bgn if previous.is_some_and(|p| matches!(p, 'ч' | 'щ' | 'ш' | 'ж')) => "e",
                S::Press | S::Bgn => "yo",
                S::Passport | S::Plain | S::Foreign => "e",
            },
            'є' => match scheme {
                S::Passport if !starts => "ie",
                S::Plain | S::Foreign => "e",
                _ => "ye",
            },
            'ж' => match language {
                L::Serbian | L::Macedonian => "z",
                L::Turkic if matches!(scheme, S::Passport | S::Foreign) => "j",
                _ => "zh",
            },
            'з' => "z",
            'и' => match language {
                L::Ukrainian if next == Some('й') && i + 1 == letters.len() => {
                    i += 1;
                    match scheme {
                        S::Press | S::Foreign => "y",
                        S::Passport | S::Plain => "yi",
                        S::Bgn => "yy",
                    }
                }
                L::Ukrainian => "y",
                L::Russian if next == Some('й') && i + 1 == letters.len() => {
                    i += 1;
                    match scheme {
                        S::Press | S::Foreign => "y",
                        S::Bgn => "iy",
                        S::Passport => "ii",
                        S::Plain => "i",
                    }
                }
                // Maria, Yulia: the glide of -ия is not written in English
                L::Russian | L::Bulgarian | L::Belarusian if next == Some('я') && scheme != S::Bgn => {
                    i += 1;
                    if scheme == S::Passport { "iia" } else { "ia" }
                }
                _ => "i",
            },
            'і' => match language {
                L::Belarusian | L::Ukrainian if next == Some('й') && i + 1 == letters.len() => {
                    i += 1;
                    match scheme {
                        S::Press | S::Bgn | S::Foreign => "iy",
                        S::Passport | S::Plain => "ii",
                    }
                }
                L::Ukrainian | L::Belarusian if next == Some('я') && scheme != S::Bgn => {
                    i += 1;
                    "ia"
                }
                _ => "i",
            },
            'ї' => match scheme {
                S::Press | S::Bgn => "yi",
                S::Passport | S::Plain | S::Foreign => "i",
            },
            'й' => match scheme {
                // Shoigu, but Sergey and Mayorov
                S::Press if next.is_some_and(|n| !is_vowel(n)) => "i",
                S::Press | S::Bgn => "y",
                S::Passport | S::Plain | S::Foreign => "i",
            },
            'ј' => match scheme {
                S::Press | S::Bgn | S::Passport => "j",
                S::Plain | S::Foreign => "y",
            },
            'к' if next == Some('с') && matches!(scheme, S::Foreign) => {
                i += 1;
                "x"
            }
            'к' => "k",
            'л' => "l",
            'љ' => "lj",
            'м' => "m",
            'н' => "n",
            'њ' => "nj",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'у' => match scheme {
                S::Foreign if previous.is_none() && next.is_some_and(is_vowel) => "w",
                _ => "u",
            },
            'ў' => match (language, scheme) {
                (L::Tajik | L::Turkic, _) => "o",
                (_, S::Press | S::Passport) => "u",
                _ => "w",
            },
            'ф' => "f",
            'х' => match language {
                L::Serbian | L::Macedonian | L::Bulgarian => "h",
                _ if matches!(scheme, S::Foreign) => "h",
                _ => "kh",
            },
            'ц' => match language {
                L::Serbian | L::Macedonian => "c",
                _ if scheme == S::Foreign => "c",
                _ => "ts",
            },
            'ч' => match (language, scheme) {
                (L::Serbian | L::Macedonian, S::Press | S::Plain) => "c",
                _ => "ch",
            },
            'џ' => {
                if scheme == S::Press {
                    "dz"
                } else {
                    "dzh"
                }
            }
            'ђ' => {
                if scheme == S::Press {
                    "dj"
                } else {
                    "d"
                }
            }
            'ћ' => {
                if scheme == S::Bgn {
                    "ch"
                } else {
                    "c"
                }
            }
            'ѓ' => "gj",
            'ќ' => "kj",
            'ѕ' => "dz",
            'ш' => match (language, scheme) {
                (L::Serbian | L::Macedonian, S::Press | S::Plain) => "s",
                _ => "sh",
            },
            'щ' => match (language, scheme) {
                (L::Bulgarian, _) => "sht",
                (_, S::Foreign | S::Plain) => "sch",
                _ => "shch",
            },
            'ъ' => match (language, scheme) {
                (L::Bulgarian, S::Foreign) => "u",
                (L::Bulgarian, _) => "a",
                (_, S::Passport) if !last => "ie",
                _ => "",
            },
            'ы' if next == Some('й') && i + 1 == letters.len() => {
                i += 1;
                if scheme == S::Bgn { "yy" } else { "y" }
            }
            'ы' => "y",
            'ь' => match (language, scheme) {
                // Ilyich, Vasilyev: the softened glide is heard
                (L::Russian, S::Press) if matches!(next, Some('е' | 'и')) && after_next.is_some() => "y",
                (L::Bulgarian, _) => "y",
                _ => "",
            },
            'э' => "e",
            'ю' => match (language, scheme) {
                (L::Russian | L::Ukrainian | L::Belarusian, S::Passport) if !(language == L::Ukrainian && starts) => {
                    "iu"
                }
                (_, S::Foreign) if !starts => "u",
                _ => "yu",
            },
            'я' => match (language, scheme) {
                (L::Russian | L::Belarusian, S::Passport) => "ia",
                (L::Ukrainian, S::Passport) if !starts => "ia",
                (_, S::Foreign) if !starts => "ia",
                _ => "ya",
            },
            'ә' => {
                if scheme == S::Bgn {
                    "e"
                } else {
                    "a"
                }
            }
            'ғ' => match scheme {
                S::Press | S::Bgn => "gh",
                S::Passport | S::Plain | S::Foreign => "g",
            },
            'қ' | 'ҡ' => match scheme {
                S::Press | S::Foreign | S::Plain => "k",
                S::Bgn | S::Passport => "q",
            },
            'ң' => {
                if scheme == S::Plain {
                    "n"
                } else {
                    "ng"
                }
            }
            'ө' => {
                if scheme == S::Bgn {
                    "u"
                } else {
                    "o"
                }
            }
            'ұ' | 'ү' => "u",
            'һ' | 'ҳ' => {
                if scheme == S::Bgn {
                    "kh"
                } else {
                    "h"
                }
            }
            'җ' | 'ҷ' => "j",
            'ӣ' => "i",
            'ӯ' => {
                if scheme == S::Bgn {
                    "u"
                } else {
                    "o"
                }
            }
            '’' | '\'' | 'ʼ' | '`' => "",
            other => {
                out.push_str(&any_ascii::any_ascii_char(other).to_ascii_lowercase());
                ""
            }
        };
        out.push_str(piece);
    }
    out
}
