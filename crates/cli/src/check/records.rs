//! Records to decide, from arguments or a file: names and texts, one record at a time.
//!
//! Promises: a record that cannot be read is an error with its line; values inside values are flattened
//! only where the form says how (parties); memory is one record for tables and JSON lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use interdict_model::Unique;
use serde_json::Value;

use crate::cut::Cut;
use crate::exit::Failure;

/// The most bytes of a JSON document or a line: a year of shipments of a large trader as one array.
const MOST_BYTES: u64 = 256 << 20;

/// A record: where it stands, and its fields.
pub type Record = (String, Vec<(String, String)>);

/// Records, one after another.
pub type Records = Box<dyn Iterator<Item = Result<Record, Failure>>>;

/// All records of the arguments.
pub fn open(what: &[String]) -> Result<Records, Failure> {
    let file = match what {
        [] => return Ok(Box::new(std::iter::empty())),
        [one] if one == "-" || !one.contains('=') || Path::new(one).is_file() => one,
        facts => {
            let record = super::pairs("facts", facts)?;
            return Ok(Box::new(std::iter::once(Ok(("arguments".to_owned(), record)))));
        }
    };
    let reader: Box<dyn Read> = if file == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(|error| Failure::new(format!("{file}: {error}")))?)
    };
    let mut reader = BufReader::new(reader);
    let extension = Path::new(file).extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let head = reader.fill_buf().map_err(|error| Failure::new(format!("{file}: {error}")))?;
    if file != "-" && interdict_parquet::is_parquet(head) {
        return columns(file);
    }
    let first = first_byte(&mut reader).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    match (extension.as_str(), first) {
        ("csv" | "tsv", _) => table(file, reader, extension == "tsv"),
        (_, Some(b'[')) => array(file, reader),
        (_, Some(b'{')) => Ok(lines(file.clone(), reader)),
        (_, _) => table(file, reader, false),
    }
}

fn first_byte(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    Ok(reader.fill_buf()?.iter().copied().find(|b| !b.is_ascii_whitespace()))
}

fn columns(file: &str) -> Result<Records, Failure> {
    let opened = File::open(file).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    let rows = interdict_parquet::open(opened).map_err(|reason| Failure::new(format!("{file}: {reason}")))?;
    let file = file.to_owned();
    Ok(Box::new(rows.map(move |(number, row)| {
        let place = format!("{file}, row {number}");
        row.map_err(|reason| Failure::new(format!("{place}: {reason}")))
            .and_then(|row| object(&place, Value::Object(row)))
    })))
}

fn table(file: &str, reader: impl BufRead + 'static, tabs: bool) -> Result<Records, Failure> {
    let mut rows = Cut::new(reader, if tabs { b'\t' } else { b',' });
    let header = rows.next().map_or_else(|| Ok(Vec::new()), |row| row.texts());
    let header = header.map_err(|reason| Failure::new(format!("{file}:1: {reason}")))?;
    let file = file.to_owned();
    Ok(Box::new(rows.map(move |row| {
        let place = format!("{file}:{}", row.line);
        let fields = row.texts().map_err(|reason| Failure::new(format!("{place}: {reason}")))?;
        if fields.len() != header.len() {
            return Err(Failure::new(format!("{place}: {} fields, the header has {}", fields.len(), header.len())));
        }
        Ok((place, header.iter().cloned().zip(fields).collect()))
    })))
}

fn lines(file: String, reader: impl BufRead + 'static) -> Records {
    // One object over several lines is a document with one record.
    let mut stream = serde_json::Deserializer::from_reader(reader.take(MOST_BYTES)).into_iter::<Unique>();
    let mut number = 0_u64;
    Box::new(std::iter::from_fn(move || {
        let value = stream.next()?;
        number += 1;
        let place = format!("{file}, record {number}");
        Some(match value {
            Ok(Unique(value)) => object(&place, value),
            Err(error) => Err(Failure::new(format!("{place}: {error}"))),
        })
    }))
}

fn array(file: &str, reader: impl Read) -> Result<Records, Failure> {
    let all: Vec<Unique> =
        serde_json::from_reader(reader.take(MOST_BYTES)).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    let file = file.to_owned();
    Ok(Box::new(
        all.into_iter().enumerate().map(move |(n, Unique(value))| object(&format!("{file}, record {}", n + 1), value)),
    ))
}

fn object(place: &str, value: Value) -> Result<Record, Failure> {
    let Value::Object(fields) = value else {
        return Err(Failure::new(format!("{place}: a record is an object of fields")));
    };
    let mut out = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Array(parties) if name == "parties" => {
                for (n, party) in parties.into_iter().enumerate() {
                    self::party(place, n, party, &mut out)?;
                }
            }
            Value::Array(values) if values.is_empty() => out.push((name, "none".to_owned())),
            Value::Array(values) => {
                let texts: Result<Vec<String>, Failure> =
                    values.into_iter().map(|one| text(place, &name, one)).collect();
                let texts = texts?;
                out.push((name, texts.join("+")));
            }
            other => {
                let text = text(place, &name, other)?;
                out.push((name, text));
            }
        }
    }
    Ok((place.to_owned(), out))
}

/// `{"role": "buyer", "name": …, "country": …}` becomes `buyer_1_name`, `buyer_1_country`.
fn party(place: &str, n: usize, value: Value, out: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let Value::Object(mut party) = value else {
        return Err(Failure::new(format!("{place}: a party is an object with role, name, country")));
    };
    let role = match party.remove("role") {
        Some(role) => text(place, "role", role)?.replace(' ', "_"),
        None => {
            return Err(Failure::hint(
                format!("{place}: party {} has no role", n + 1),
                "buyer, seller, consignee, bank, vessel …",
            ));
        }
    };
    for (field, value) in party {
        let text = text(place, &field, value)?;
        out.push((format!("{role}_{}_{field}", n + 1), text));
    }
    Ok(())
}

fn text(place: &str, name: &str, value: Value) -> Result<String, Failure> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(yes) => Ok(if yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text),
        Value::Array(_) | Value::Object(_) => {
            Err(Failure::new(format!("{place}: `{name}` holds a value inside a value")))
        }
    }
}
