//! The learned letter costs as read from their table.

use std::borrow::Cow;
use std::sync::OnceLock;

use pinyin::ToPinyin;
use rustc_hash::FxHashMap;

use super::model_key;
use crate::script::Script;

/// Bits added where a character is spelt like another one of the same reading.
const READ_ALIKE: f32 = 0.7;

/// The same for a character that has spellings of its own.
const OTHER_CHARACTER: f32 = 2.0;

/// Bits of the plain reading of a character that was never seen so spelt.
const PLAIN_READING: f32 = 3.0;

/// One Latin rendering of a native chunk.
#[derive(Clone)]
pub(super) struct Rendering {
    pub(super) latin: Cow<'static, str>,
    /// bits of the Latin letters given the native ones
    pub(super) forward: f32,
    /// bits of the native letters given the Latin ones
    pub(super) backward: f32,
}

impl Rendering {
    fn dearer(&self, bits: f32) -> Self {
        Self { latin: self.latin.clone(), forward: self.forward + bits, backward: self.backward + bits }
    }
}

/// The learned costs of one script: renderings of each chunk, the most likely first.
#[derive(Default)]
pub(super) struct Model {
    chunks: FxHashMap<&'static str, Vec<Rendering>>,
}

const TABLE: &str = include_str!("../../data/translit_costs.tsv");

/// Keys of the models in the table; a model is read when first used.
const KEYS: [&str; 7] = ["arabic", "cyrillic", "hangul", "han", "hebrew", "kana", "pinyin"];

static MODELS: [OnceLock<Model>; KEYS.len()] = [const { OnceLock::new() }; KEYS.len()];

/// The costs of a script; None if none were learned.
pub(super) fn model(script: Script) -> Option<&'static Model> {
    model_of(model_key(script)?).filter(|m| !m.chunks.is_empty())
}

fn model_of(key: &str) -> Option<&'static Model> {
    let at = KEYS.iter().position(|k| *k == key)?;
    Some(MODELS.get(at)?.get_or_init(|| {
        let mut model = Model::parse(key);
        if key == "han"
            && let Some(pinyin) = model_of("pinyin")
        {
            for (chunk, renderings) in &mut model.chunks {
                add_reading(chunk, renderings, pinyin);
            }
        }
        model
    }))
}

/// Lines of the table of one kind: chunk and entries.
fn rows(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix('\t')?.split_once('\t'))
}

/// Bits of a Latin letter after two others, None being the border of the word.
pub(super) fn sequence_bits(before: (Option<u8>, Option<u8>), next: Option<u8>) -> f32 {
    static SEQUENCE: OnceLock<Vec<f32>> = OnceLock::new();
    // a printable character from `!` on is a quarter of a bit
    let sequence = SEQUENCE.get_or_init(|| {
        rows("latin").flat_map(|(_, bits)| bits.bytes()).map(|b| f32::from(b.saturating_sub(b'!')) / 4.0).collect()
    });
    sequence.get(letter(before.0) * 729 + letter(before.1) * 27 + letter(next)).copied().unwrap_or(0.0)
}

impl Model {
    fn parse(key: &str) -> Self {
        let mut model = Self::default();
        for (chunk, entries) in rows(key) {
            let entries = entries.split(' ').filter_map(|entry| {
                let (latin, quarter) = entry.split_once(':')?;
                let weight = f32::from(quarter.parse::<u16>().ok()?) / 4.0;
                let latin = Cow::Borrowed(if latin == "-" { "" } else { latin });
                Some(Rendering { latin, forward: weight, backward: weight })
            });
            model.chunks.insert(chunk, entries.collect());
        }
        model.weights_to_bits();
        model
    }

    /// Turns logarithms of counts into conditional costs in both directions.
    fn weights_to_bits(&mut self) {
        let mut latin: FxHashMap<Cow<'static, str>, f32> = FxHashMap::default();
        for rendering in self.chunks.values().flatten() {
            *latin.entry(rendering.latin.clone()).or_default() += rendering.forward.exp2();
        }
        for renderings in self.chunks.values_mut() {
            let native = renderings.iter().map(|r| r.forward.exp2()).sum::<f32>().log2();
            for rendering in renderings.iter_mut() {
                rendering.backward = latin.get(&rendering.latin).map_or(0.0, |t| t.log2()) - rendering.forward;
                rendering.forward = native - rendering.forward;
            }
            sort(renderings);
        }
    }

    /// The renderings of one native letter or two; a single letter that the table lacks has its
    /// reading, for Chinese characters, or its nearest Latin letters.
    pub(super) fn renderings(&self, script: Script, chunk: &[char]) -> Cow<'_, [Rendering]> {
        let mut key = [0_u8; 8];
        let mut length = 0;
        for c in chunk.iter().take(2) {
            length += c.encode_utf8(&mut key[length..]).len();
        }
        match std::str::from_utf8(&key[..length]).ok().and_then(|k| self.chunks.get(k)) {
            Some(known) => Cow::Borrowed(known),
            None => match chunk {
                [only] => Cow::Owned(unknown(script, *only)),
                _ => Cow::Borrowed(&[]),
            },
        }
    }
}

fn sort(renderings: &mut [Rendering]) {
    renderings.sort_by(|a, b| a.forward.total_cmp(&b.forward).then_with(|| a.latin.cmp(&b.latin)));
}

/// Adds to a character's own renderings those of its reading and the reading itself.
fn add_reading(chunk: &str, own: &mut Vec<Rendering>, pinyin: &Model) {
    let Some(reading) = chunk.chars().next().and_then(mandarin) else { return };
    let alike = pinyin.chunks.get(reading.as_str()).map(|r| r.as_slice()).unwrap_or_default();
    let plain = Rendering { latin: Cow::Owned(reading), forward: PLAIN_READING, backward: PLAIN_READING };
    for rendering in alike.iter().chain(std::iter::once(&plain)) {
        if !own.iter().any(|o| o.latin == rendering.latin) {
            own.push(rendering.dearer(OTHER_CHARACTER));
        }
    }
    sort(own);
}

fn unknown(script: Script, c: char) -> Vec<Rendering> {
    if matches!(c, '^' | '$') {
        return vec![Rendering { latin: Cow::Borrowed(""), forward: 0.0, backward: 0.0 }];
    }
    let reading = if script == Script::Han { mandarin(c) } else { None };
    let mut out = Vec::new();
    if let Some(known) = reading.as_ref().and_then(|r| model_of("pinyin")?.chunks.get(r.as_str())) {
        out.extend(known.iter().map(|r| r.dearer(READ_ALIKE)));
    }
    let latin = reading.unwrap_or_else(|| any_ascii::any_ascii_char(c).to_ascii_lowercase());
    let latin = latin.chars().filter(char::is_ascii_lowercase).collect();
    out.push(Rendering { latin: Cow::Owned(latin), forward: PLAIN_READING, backward: PLAIN_READING });
    sort(&mut out);
    out
}

/// The Mandarin reading of a character in plain letters.
pub fn mandarin(c: char) -> Option<String> {
    c.to_pinyin().map(|p| p.plain().replace(['ü', 'v'], "u"))
}

fn letter(c: Option<u8>) -> usize {
    c.filter(u8::is_ascii_lowercase).map_or(26, |b| usize::from(b - b'a'))
}
