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

pub(super) struct Learned {
    models: FxHashMap<&'static str, Model>,
    /// bits of a Latin letter after two others; 27 letters with the word border
    sequence: Vec<f32>,
}

pub(super) fn learned() -> &'static Learned {
    static LEARNED: OnceLock<Learned> = OnceLock::new();
    LEARNED.get_or_init(|| Learned::parse(include_str!("../../data/translit_costs.tsv")))
}

impl Learned {
    /// The costs of a script; None if none were learned.
    pub(super) fn model(&self, script: Script) -> Option<&Model> {
        self.models.get(model_key(script)?)
    }

    /// Bits of a letter after two others, None being the border of the word.
    pub(super) fn sequence_bits(&self, before: (Option<u8>, Option<u8>), next: Option<u8>) -> f32 {
        let index = letter(before.0) * 729 + letter(before.1) * 27 + letter(next);
        self.sequence.get(index).copied().unwrap_or(0.0)
    }

    fn parse(text: &'static str) -> Self {
        let mut models: FxHashMap<&'static str, Model> = FxHashMap::default();
        let mut sequence = Vec::with_capacity(27 * 27 * 27);
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let (Some(kind), Some(chunk), Some(entries)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            if kind == "latin" {
                // a printable character from `!` on is a quarter of a bit
                sequence.extend(entries.bytes().map(|b| f32::from(b.saturating_sub(b'!')) / 4.0));
                continue;
            }
            let entries = entries.split(' ').filter_map(|entry| {
                let (latin, quarter) = entry.split_once(':')?;
                let weight = f32::from(quarter.parse::<u16>().ok()?) / 4.0;
                let latin = Cow::Borrowed(if latin == "-" { "" } else { latin });
                Some(Rendering { latin, forward: weight, backward: weight })
            });
            models.entry(kind).or_default().chunks.insert(chunk, entries.collect());
        }
        models.values_mut().for_each(Model::weights_to_bits);
        if let (Some(mut han), Some(pinyin)) = (models.remove("han"), models.get("pinyin")) {
            for (chunk, renderings) in &mut han.chunks {
                add_reading(chunk, renderings, pinyin);
            }
            models.insert("han", han);
        }
        if sequence.len() != 27 * 27 * 27 {
            sequence = vec![0.0; 27 * 27 * 27];
        }
        Self { models, sequence }
    }
}

impl Model {
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
    if let Some(known) = reading.as_ref().and_then(|r| learned().models.get("pinyin")?.chunks.get(r.as_str())) {
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
