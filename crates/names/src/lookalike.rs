//! Letters of another script that look like those around them: `Kоzlоv` with two Cyrillic `о`.
//!
//! Promises: changes a run of letters only if it mixes Latin with Cyrillic or Greek and all of one
//! side have a look-alike on the other; the rest of the text stays as it is; linear time.
//!
//! Not here: words that are honestly of another script (`romanise`).

use crate::script::Script;

/// Folded Cyrillic and Greek letters and the Latin ones that they look like, small or capital.
const PAIRS: [(char, char); 36] = [
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('н', 'h'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('ӏ', 'l'),
    ('м', 'm'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('т', 't'),
    ('ѵ', 'v'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('у', 'y'),
    ('α', 'a'),
    ('β', 'b'),
    ('ϲ', 'c'),
    ('ε', 'e'),
    ('η', 'h'),
    ('ι', 'i'),
    ('ϳ', 'j'),
    ('κ', 'k'),
    ('μ', 'm'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'y'),
    ('χ', 'x'),
];

/// A folded text without letters that pose as another script's.
pub(crate) fn unmasked(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let has = |is: fn(Script) -> bool| text.chars().any(|c| is(Script::of(c)));
    if !has(|s| s == Script::Latin) || !has(poses) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            run.push(c);
            continue;
        }
        settle(&mut run, &mut out);
        out.push(c);
    }
    settle(&mut run, &mut out);
    out
}

fn poses(script: Script) -> bool {
    matches!(script, Script::Cyrillic | Script::Greek)
}

/// Writes a run of letters, in one script if it can be.
fn settle(run: &mut String, out: &mut String) {
    let of = |is: fn(Script) -> bool| run.chars().filter(|c| is(Script::of(*c))).count();
    let (latin, other) = (of(|s| s == Script::Latin), of(poses));
    let whole = |turn: fn(char) -> Option<char>| run.chars().map(turn).collect::<Option<String>>();
    let settled = match (latin, other) {
        (0, _) | (_, 0) => None,
        _ if latin >= other => whole(to_latin).or_else(|| whole(to_cyrillic)),
        _ => whole(to_cyrillic).or_else(|| whole(to_latin)),
    };
    out.push_str(settled.as_deref().unwrap_or(run));
    run.clear();
}

/// The letter in Latin; itself if it is no letter that poses.
fn to_latin(c: char) -> Option<char> {
    if !poses(Script::of(c)) {
        return Some(c);
    }
    PAIRS.iter().find(|(other, _)| *other == c).map(|(_, latin)| *latin)
}

/// The letter in Cyrillic; itself if it is not Latin.
fn to_cyrillic(c: char) -> Option<char> {
    if Script::of(c) != Script::Latin {
        return Some(c);
    }
    PAIRS.iter().find(|(_, latin)| *latin == c).map(|(cyrillic, _)| *cyrillic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_through_what_poses_and_leaves_the_rest() {
        for (text, expected) in [
            ("kоzlоv", "kozlov"),
            ("оoо гранит", "ооо гранит"),
            ("kim ким", "kim ким"),
            ("αlpha", "alpha"),
            ("microсофт", "microсофт"),
            ("путин", "путин"),
        ] {
            assert_eq!(unmasked(text.to_owned()), expected);
        }
    }
}
