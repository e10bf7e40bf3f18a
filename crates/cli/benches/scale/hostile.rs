//! Parties made to be slow: what a hostile or broken input may contain.

use interdict_model::{Entity, Kind, Name, NameQuality, PartialDate, Sourced};

/// The longest that any of them may take before the answer must be an error.
pub const MOST_MILLIS: f64 = 50.0;

/// Each with what it tries, as every kind of party.
pub fn parties() -> Vec<(String, Entity)> {
    let mut all = Vec::new();
    let times = |word: &str, n: usize| vec![word; n].join(" ");
    let names: Vec<(&str, String)> = vec![
        ("two initials", "S J.".into()),
        ("three initials", "J. R. R.".into()),
        ("twenty-six initials", ('A'..='Z').map(|c| format!("{c}. ")).collect()),
        ("an initial and a common name", "A. Mohammed".into()),
        ("initials and a common name", "M. A. Ali".into()),
        ("legal forms only", "Limited Liability Company".into()),
        ("many legal forms", "Co Ltd LLC Inc GmbH OOO AG SA PLC".into()),
        ("generic words only", "International Trading Company General Trading".into()),
        ("one very common name", "Mohammed".into()),
        ("one short common name", "Ali".into()),
        ("one syllable", "Kim".into()),
        ("two very common names", "Mohammed Ali".into()),
        ("two very common names", "Maria Garcia".into()),
        ("six very common names", "Mohammed Ahmed Ali Hassan Hussein Ibrahim".into()),
        (
            "48 common names",
            "Mohammed Ahmed Ali Hassan Hussein Ibrahim Abdullah Omar Khalid Yusuf Mahmoud Mustafa ".repeat(4),
        ),
        ("the same word 48 times", times("Mohammed", 48)),
        ("the same initial 48 times", times("A.", 48)),
        ("the same syllable 48 times", times("li", 48)),
        ("particles only", times("van der", 12)),
        ("bin, 24 times", times("bin", 24)),
        ("49 words", times("Ali", 49)),
        ("2,000 letters without a blank", "ab".repeat(1000)),
        ("2,000 bytes of short words", "ab ".repeat(666)),
        ("40 letters, all equal", "a".repeat(40)),
        (
            "47 letters apart",
            "m o h a m m e d a l i h a s s a n a h m e d i b r a h i m o m a r k h a l i d a l".into(),
        ),
        ("scripts mixed", "Mohammed محمد Мохаммед 李 김 חסן Ахмед Ali".into()),
        ("scripts mixed in a word", "Мohаmmеd Аli".into()),
        ("Arabic, common", "محمد علي حسن احمد".into()),
        ("Han, two characters", "李明".into()),
        ("Han, run on", "中国北方工业公司上海进出口有限公司".into()),
        ("Hangul, run on", "김정은김정일김일성박정희".into()),
        ("Thai, run on", "สมชายสมหญิงประยุทธ์จันทร์โอชา".into()),
        ("digits only", "1 2 3 4 5 6 7 8 9 10 11 12".into()),
        ("marks only", "\u{301}\u{302}\u{303}".into()),
        ("500 marks on a letter", format!("a{} Ali", "\u{301}".repeat(500))),
        ("consonants only", "bcdfghjklmnp qrstvwxz".into()),
    ];
    for kind in [Kind::Person, Kind::Organization, Kind::Unknown] {
        for (what, name) in &names {
            let mut entity = Entity::of(kind);
            entity.names.push(Sourced::new(Name::new(name.trim(), NameQuality::Primary), "name"));
            all.push((format!("{what} ({})", kind.word()), entity));
        }
    }
    let mut wide = Entity::of(Kind::Person);
    wide.names.push(Sourced::new(Name::new("Mohammed Ali", NameQuality::Primary), "name"));
    if let (Some(from), Some(to)) = (PartialDate::parse("1900"), PartialDate::parse("2020")) {
        wide.births.push(Sourced::new(PartialDate::span(from, to), "born"));
    }
    all.push(("born in any of 120 years (person)".into(), wide));
    let mut many = Entity::of(Kind::Person);
    for i in 0..50 {
        let text = format!("Mohammed Ali {}", ["Hassan", "Ahmed", "Ibrahim", "Omar", "Khalid"][i % 5]);
        many.names.push(Sourced::new(Name::new(text, NameQuality::Strong), "alias"));
    }
    all.push(("50 common names (person)".into(), many));
    all
}
