//! The writing system of a character, as coarse as romanisation and folding need it.
//!
//! Promises: `of` is total, allocation-free and takes a few comparisons; the blocks are those of
//! Unicode, so a character never changes its script with the locale.
//!
//! Not here: what a text means in its script (`romanise`), letter variants (`fold`).

/// A writing system. Scripts that are treated alike share a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Script {
    /// Latin letters with or without marks, full-width ones included.
    Latin,
    /// Russian, Ukrainian, Serbian, Kazakh and the other Cyrillic alphabets.
    Cyrillic,
    /// Modern and polytonic Greek.
    Greek,
    /// Armenian.
    Armenian,
    /// Georgian, all three letter sets.
    Georgian,
    /// Arabic, Persian, Urdu, Pashto, with presentation forms.
    Arabic,
    /// Hebrew and Yiddish.
    Hebrew,
    /// Chinese characters in any of the languages that use them.
    Han,
    /// Korean syllables and jamo.
    Hangul,
    /// Japanese hiragana.
    Hiragana,
    /// Japanese katakana, half-width included.
    Katakana,
    /// Thai.
    Thai,
    /// Hindi, Marathi, Nepali.
    Devanagari,
    /// Bengali and Assamese.
    Bengali,
    /// Gurmukhi (Punjabi).
    Gurmukhi,
    /// Gujarati.
    Gujarati,
    /// Odia.
    Oriya,
    /// Tamil.
    Tamil,
    /// Telugu.
    Telugu,
    /// Kannada.
    Kannada,
    /// Malayalam.
    Malayalam,
    /// Sinhala.
    Sinhala,
    /// Amharic, Tigrinya.
    Ethiopic,
    /// Khmer.
    Khmer,
    /// Burmese.
    Burmese,
    /// Lao.
    Lao,
    /// A letter of a script with no rule of its own (Tibetan, Mongolian, Syriac, …).
    Other,
    /// Digits, punctuation, symbols, blanks and combining marks: found in every script.
    Common,
}

impl Script {
    /// Every script, in the order of the enum.
    pub const ALL: [Self; 28] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Greek,
        Self::Armenian,
        Self::Georgian,
        Self::Arabic,
        Self::Hebrew,
        Self::Han,
        Self::Hangul,
        Self::Hiragana,
        Self::Katakana,
        Self::Thai,
        Self::Devanagari,
        Self::Bengali,
        Self::Gurmukhi,
        Self::Gujarati,
        Self::Oriya,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
        Self::Sinhala,
        Self::Ethiopic,
        Self::Khmer,
        Self::Burmese,
        Self::Lao,
        Self::Other,
        Self::Common,
    ];

    /// The script of one character.
    pub fn of(c: char) -> Self {
        if c.is_ascii() {
            return if c.is_ascii_alphabetic() { Self::Latin } else { Self::Common };
        }
        match u32::from(c) {
            // vowel points and other marks count as letters in Unicode, not here
            0x300..=0x36F | 0x5B0..=0x5CF | 0x610..=0x61A | 0x64B..=0x65F | 0x670 | 0x6D6..=0x6E4 | 0x6E7..=0x6ED => {
                Self::Common
            }
            0x8D3..=0x8FF => Self::Common,
            0xAA | 0xBA | 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x2B8 => Self::Latin,
            0x370..=0x373 | 0x376..=0x377 | 0x37A..=0x37D | 0x37F..=0x383 | 0x386 | 0x388..=0x3FF => Self::Greek,
            0x400..=0x482 | 0x48A..=0x52F | 0x1C80..=0x1C8F => Self::Cyrillic,
            0x531..=0x588 => Self::Armenian,
            0x5D0..=0x5F2 => Self::Hebrew,
            0x620..=0x64A | 0x66E..=0x66F | 0x671..=0x6D3 | 0x6D5 | 0x6E5..=0x6E6 | 0x6EE..=0x6EF | 0x6FA..=0x6FF => {
                Self::Arabic
            }
            0x750..=0x77F | 0x8A0..=0x8C7 => Self::Arabic,
            0x900..=0x963 | 0x970..=0x97F => Self::Devanagari,
            0x980..=0x9E3 | 0x9F0..=0x9F1 => Self::Bengali,
            0xA01..=0xA5E | 0xA70..=0xA76 => Self::Gurmukhi,
            0xA81..=0xAE3 => Self::Gujarati,
            0xB01..=0xB63 | 0xB71 => Self::Oriya,
            0xB82..=0xBD7 => Self::Tamil,
            0xC00..=0xC63 => Self::Telugu,
            0xC80..=0xCE3 | 0xCF1..=0xCF3 => Self::Kannada,
            0xD00..=0xD63 | 0xD7A..=0xD7F => Self::Malayalam,
            0xD81..=0xDDF | 0xDF2..=0xDF3 => Self::Sinhala,
            0xE01..=0xE3A | 0xE40..=0xE4E => Self::Thai,
            0xE81..=0xECD | 0xEDC..=0xEDF => Self::Lao,
            0x1000..=0x103F | 0x1050..=0x108F | 0xAA60..=0xAA7F => Self::Burmese,
            0x10A0..=0x10FF | 0x1C90..=0x1CBF | 0x2D00..=0x2D2D => Self::Georgian,
            0x1200..=0x135A | 0x1380..=0x138F | 0x2D80..=0x2DDE => Self::Ethiopic,
            0x1780..=0x17D3 => Self::Khmer,
            0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97C | 0xAC00..=0xD7FB | 0xFFA1..=0xFFDC => Self::Hangul,
            0x1E00..=0x1EFF | 0x2C60..=0x2C7F | 0xA722..=0xA7FF | 0xFB00..=0xFB06 => Self::Latin,
            0xFF21..=0xFF3A | 0xFF41..=0xFF5A => Self::Latin,
            0x1F00..=0x1FFE => Self::Greek,
            0x3041..=0x309F => Self::Hiragana,
            0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Self::Katakana,
            0x3005..=0x3007 | 0x2E80..=0x2FD5 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => Self::Han,
            0x20000..=0x323AF => Self::Han,
            0xFB13..=0xFB17 => Self::Armenian,
            0xFB1D..=0xFB4F => Self::Hebrew,
            0xFB50..=0xFDFB | 0xFE70..=0xFEFC => Self::Arabic,
            // what is left is a letter we have no rule for, or no letter at all
            _ if c.is_alphabetic() => Self::Other,
            _ => Self::Common,
        }
    }

    /// The script most letters of the text are in; the earlier script wins a draw, `Common` only
    /// if the text has no letter.
    pub fn dominant(text: &str) -> Self {
        if text.is_ascii() {
            return if text.bytes().any(|b| b.is_ascii_alphabetic()) { Self::Latin } else { Self::Common };
        }
        let mut counts: [(Self, u32); 4] = [(Self::Common, 0); 4];
        for script in text.chars().map(Self::of).filter(|s| *s != Self::Common) {
            match counts.iter_mut().find(|(s, n)| *s == script || *n == 0) {
                Some(slot) => *slot = (script, slot.1.saturating_add(1)),
                // a text in five scripts has no majority worth counting to the end
                None => break,
            }
        }
        let mut best = (Self::Common, 0);
        for slot in counts {
            if slot.1 > best.1 {
                best = slot;
            }
        }
        best.0
    }

    /// Whether words of this script are usually written without blanks between them.
    pub fn is_run_on(self) -> bool {
        matches!(
            self,
            Self::Han
                | Self::Hangul
                | Self::Hiragana
                | Self::Katakana
                | Self::Thai
                | Self::Khmer
                | Self::Burmese
                | Self::Lao
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn one_letter_of_each() {
        let cases = "aLatin жCyrillic λGreek ԱArmenian გGeorgian مArabic שHebrew 习Han 김Hangul たHiragana バKatakana \
                     ทThai नDevanagari বBengali தTamil አEthiopic ខKhmer မBurmese ລLao ßLatin ＡLatin ヴKatakana ーKatakana";
        for case in cases.split_whitespace() {
            let c = case.chars().next().unwrap();
            assert_eq!(format!("{:?}", Script::of(c)), case[c.len_utf8()..], "{c}");
        }
        for c in ['1', ' ', '-', '\u{301}', '・', '\u{200d}', '٣'] {
            assert_eq!(Script::of(c), Script::Common, "{c:?}");
        }
    }

    #[test]
    fn the_majority_wins() {
        assert_eq!(Script::dominant("Владимир P."), Script::Cyrillic);
        assert_eq!(Script::dominant("12-3"), Script::Common);
        assert_eq!(Script::dominant("東京ガス"), Script::Han);
    }
}
