//! Damaged, hostile and foreign files: refused with a place and a reason, or read as if whole.

mod common;

use std::time::{Duration, Instant};

use common::{cut_at_any_byte, fixture, import, import_one};
use interdict_lists::{SourceFile, recognise};
use proptest::prelude::*;

/// Without optimisation, on a machine that does other work, every case ends well below this; what
/// is not bounded takes minutes.
const BOUND: Duration = Duration::from_secs(30);

const XML: &[&str] = &["un.xml", "ofac/sdn.xml", "ofac/advanced.xml", "ofac/enhanced.xml"];

#[test]
fn xml_cut_at_any_byte_is_refused_or_the_same() {
    XML.iter().copied().for_each(cut_at_any_byte);
}

#[test]
fn a_table_cut_inside_a_row_is_refused() {
    // A cut between rows can not be seen in a table without an end mark; the reading says so.
    let whole = fixture("ofac/sdn.csv");
    let expected = import_one("sdn.csv", &whole).unwrap().1;
    let (mut refused, mut noted) = (0, 0);
    for cut in 0..whole.len() {
        match import_one("sdn.csv", &whole[..cut]) {
            Err(_) => refused += 1,
            Ok((reading, found)) => {
                assert!(found.iter().zip(&expected).all(|(a, b)| a == b), "cut at byte {cut}");
                let rest = &whole[cut..];
                // Only the rest of an empty mark, of a line end or whole rows may be missing.
                let between =
                    [&b"-"[..], b"0-", b" ", b"\r\n", b"\n", b"\x1a", b"9"].iter().any(|start| rest.starts_with(start));
                assert!(between, "cut at byte {cut} before {:?}", String::from_utf8_lossy(&rest[..rest.len().min(20)]));
                assert!(reading.notes.iter().any(|note| note.contains("end mark")), "cut at byte {cut} is not said");
                noted += 1;
            }
        }
    }
    assert!(refused > noted * 20, "{refused} refused, {noted} noted");
    for name in ["us/csl.csv", "us/dpl.txt"] {
        let whole = fixture(name);
        let expected = import_one(name, &whole).unwrap().1;
        for cut in (0..whole.len()).filter(|cut| *cut == 0 || whole[cut - 1] == b'\n') {
            if let Ok((_, found)) = import_one(name, &whole[..cut]) {
                assert!(found.iter().zip(&expected).all(|(a, b)| a == b), "{name} cut at byte {cut}");
            }
        }
    }
}

fn un(body: &str) -> Vec<u8> {
    format!("<CONSOLIDATED_LIST dateGenerated=\"2031-01-01T\"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>{body}</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>").into_bytes()
}

#[test]
fn hostile_files_are_refused_in_bounded_time() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let outer = "<!DOCTYPE x SYSTEM \"file:///etc/hostname\" [<!ENTITY c SYSTEM \"file:///etc/hostname\">]>";
    let with = |prolog: &str| [prolog.as_bytes(), &un("&b;")].concat();
    let mut utf16: Vec<u8> = vec![0xff, 0xfe];
    utf16.extend(String::from_utf8(un("A")).unwrap().encode_utf16().flat_map(u16::to_le_bytes));
    let big_attribute =
        format!("<CONSOLIDATED_LIST dateGenerated=\"{}\"><INDIVIDUALS/></CONSOLIDATED_LIST>", "9".repeat(100 << 20));
    let latin = String::from_utf8(un("A"))
        .unwrap()
        .replace("<CONSOLIDATED_LIST", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><CONSOLIDATED_LIST");
    let many_small = format!(
        "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL>{}</INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
        "<X/>".repeat(2 << 20)
    );
    let json_string = format!("{{\"metadata\": {{\"sdnListDate\": \"{}\"}}}}", "9".repeat(100 << 20));
    let row = "90001,\"INVENTED\",\"submarine\",\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n";
    let bad_rows = row.repeat(101_000);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("entities", with(bomb), "DOCTYPE"),
        ("outside entity", with(outer), "DOCTYPE"),
        ("unknown entity", un("&b;"), "entity `&b;`"),
        ("bare ampersand", un("A & B"), "not well-formed"),
        ("100 MB of text", un(&"A".repeat(100 << 20)), "more than 4 MiB"),
        ("100 MB attribute", big_attribute.into_bytes(), "more than 4 MiB"),
        ("many elements in one record", many_small.into_bytes(), "elements"),
        ("a million levels", un(&"<a>".repeat(1_000_000)), "deeper than 64"),
        ("NUL", un("A\0B"), "NUL"),
        ("NUL by reference", un("A&#0;B"), ""),
        ("broken UTF-8", [un("A").split_at(60).0, b"\xff\xfe", un("A").split_at(60).1].concat(), ""),
        ("UTF-16", utf16, "UTF-16"),
        ("ISO-8859-1", latin.into_bytes(), "encoding `ISO-8859-1`"),
        ("two roots", [un("A"), un("B")].concat(), "second root"),
        ("text after the root", [un("A"), b"and more".to_vec()].concat(), "outside the root"),
        ("wrong end tag", un("A</SECOND_NAME><FIRST_NAME>"), "not well-formed"),
        ("empty", Vec::new(), "empty"),
        ("blanks", b" \n\n ".to_vec(), "blanks"),
        ("a web page", b"<!DOCTYPE html><html><body>Sign in</body></html>".to_vec(), "web page"),
        ("a zip", b"PK\x03\x04....".to_vec(), "zip"),
        ("a PDF", b"%PDF-1.7 ...".to_vec(), "PDF"),
        ("another XML", b"<rss version=\"2.0\"><channel/></rss>".to_vec(), "no known list: root element `rss`"),
        ("another table", b"colour,weight\nblue,3\n".to_vec(), "no known list: columns `colour, weight`"),
        ("open quote", b"90001,\"INVENTED,-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n".to_vec(), ""),
        ("100 MB field", [b"90001,\"".to_vec(), vec![b'A'; 100 << 20]].concat(), "MiB"),
        ("100 MB string in JSON", json_string.into_bytes(), "MiB"),
        ("JSON that ends early", fixture("ofac/wallets.json")[..400].to_vec(), "cut short"),
        ("nothing but bad rows", bad_rows.into_bytes(), "more than 100000 records do not fit"),
        ("a cut gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec(), ""),
    ];
    for (name, bytes, reason) in cases {
        let start = Instant::now();
        let outcome = import_one("list", &bytes);
        let Err(refusal) = outcome else { panic!("{name}: was read") };
        assert!(refusal.to_string().contains(reason), "{name}: {refusal}");
        assert!(!refusal.to_string().contains("Error("), "{name}: {refusal}");
        assert!(start.elapsed() < BOUND, "{name}: {:?}", start.elapsed());
    }
}

#[test]
fn a_gzip_bomb_ends_at_the_first_long_field() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>").unwrap();
    let block = vec![b'A'; 1 << 20];
    for _ in 0..256 {
        encoder.write_all(&block).unwrap();
    }
    let packed = encoder.finish().unwrap();
    let start = Instant::now();
    assert!(import_one("bomb.gz", &packed).is_err());
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
}

#[test]
fn a_name_of_100000_characters_is_kept() {
    let name = "A".repeat(100_000);
    let (_, listings) = import_one("list", &un(&name)).unwrap();
    assert_eq!(listings[0].entity.caption(), name);
}

/// What is compared with what is there costs no more for a record with very many values.
#[test]
fn a_record_with_very_many_values_takes_bounded_time() {
    let aliases: String =
        (0..20_000).map(|i| format!("<INDIVIDUAL_ALIAS><ALIAS_NAME>A{i}</ALIAS_NAME></INDIVIDUAL_ALIAS>")).collect();
    let text = String::from_utf8(un("A")).unwrap().replace("</INDIVIDUAL>", &format!("{aliases}</INDIVIDUAL>"));
    let remarks: String = (0..50_000).map(|i| format!("a.k.a. 'B{i}'; ")).collect();
    let row =
        format!("90001,\"INVENTED\",\"individual\",\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{remarks}\"\r\n");
    for (bytes, names) in [(text.into_bytes(), 20_001), (row.into_bytes(), 50_001)] {
        let start = Instant::now();
        let (_, listings) = import_one("list", &bytes).unwrap();
        assert_eq!(listings[0].entity.names.len(), names);
        assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    }
}

#[test]
fn character_references_and_cdata_are_text() {
    let (_, listings) = import_one("list", &un("A &amp; B &lt;&#x43;&#68;&gt; <![CDATA[E & F]]>")).unwrap();
    assert_eq!(listings[0].entity.caption(), "A & B <CD> E & F");
}

#[test]
fn errors_say_line_and_path() {
    let text = String::from_utf8(fixture("un.xml")).unwrap();
    let line = text.lines().position(|l| l.contains("KPe.902")).unwrap() + 1;
    let refusal = import_one("un.xml", text.replace("KPe.902", "KPe & 902").as_bytes()).unwrap_err();
    assert_eq!(refusal.place, format!("line {line}, in /CONSOLIDATED_LIST/ENTITIES/ENTITY/REFERENCE_NUMBER"));
    assert!(refusal.hint.is_some(), "{refusal}");
}

#[test]
fn joined_tables_are_refused() {
    let twice = [fixture("ofac/sdn.csv"), fixture("ofac/sdn.csv")].concat();
    let refusal = import(&[("sdn.csv", &twice)]).unwrap_err();
    assert!(refusal.reason.contains("end mark"), "{refusal}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = recognise(&SourceFile { name: "random", bytes: &bytes });
        let _ = try_import(&bytes);
    }

    #[test]
    fn damaged_fixtures_never_panic(
        name in prop::sample::select(vec!["un.xml", "ofac/sdn.xml", "ofac/advanced.xml", "ofac/enhanced.xml", "ofac/sdn.csv", "ofac/wallets.json", "us/csl.csv", "us/dpl.txt", "ofac/sdn_main_5cols.csv"]),
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        insert in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = fixture(name);
        let at = at.index(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, insert);
        let _ = try_import(&bytes);
    }
}

/// Reads whatever it is; the counts must add up if it is read at all.
fn try_import(bytes: &[u8]) -> Option<u64> {
    use interdict_lists::{Options, group, read};
    let (sets, _) = group(&[SourceFile { name: "damaged", bytes }], &Options::default());
    let mut count = 0;
    let reading = read(sets.first()?, &Options::default(), &mut |_| count += 1).ok()?;
    assert_eq!(reading.listings, count);
    assert_eq!(reading.records, count + reading.rejections.len() as u64);
    Some(count)
}
