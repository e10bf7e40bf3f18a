//! Values of a row as JSON texts, as a table of the same parties would have them.
//!
//! Promises: a number keeps its digits, a whole one has no fraction; a date at midnight is a day; what is
//! no text and no number is a reason and not a guess.
//!
//! Not here: files, schemas and row groups (the rest of this crate).

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use parquet::data_type::Decimal;
use parquet::record::{Field, Row};
use serde_json::{Map, Value};

/// Most bytes of text in one row: as in the other forms of files.
const LONGEST_ROW: usize = 4 << 20;

/// What a whole number counts in a column of times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// A row as an object; columns without a value are left out.
pub fn object(row: Row, units: &HashMap<String, Unit>) -> Result<Map<String, Value>, String> {
    let mut object = Map::new();
    let mut left = LONGEST_ROW;
    for (name, field) in row.into_columns() {
        let unit = units.get(&name).copied();
        match value(field, unit, &mut left) {
            Ok(Value::Null) => {}
            Ok(value) => drop(object.insert(name, value)),
            Err(reason) => return Err(format!("column `{name}`: {reason}")),
        }
    }
    Ok(object)
}

fn value(field: Field, unit: Option<Unit>, left: &mut usize) -> Result<Value, String> {
    let text = match field {
        Field::Null => return Ok(Value::Null),
        Field::Bool(is) => return Ok(Value::Bool(is)),
        Field::Byte(n) => n.to_string(),
        Field::Short(n) => n.to_string(),
        Field::Int(n) => n.to_string(),
        Field::Long(n) => match unit {
            None => n.to_string(),
            Some(unit) => moment(n, unit)?,
        },
        Field::UByte(n) => n.to_string(),
        Field::UShort(n) => n.to_string(),
        Field::UInt(n) => n.to_string(),
        Field::ULong(n) => n.to_string(),
        // Tables of numbers write "nothing" as NaN.
        Field::Float16(n) if n.is_nan() => return Ok(Value::Null),
        Field::Float(n) if n.is_nan() => return Ok(Value::Null),
        Field::Double(n) if n.is_nan() => return Ok(Value::Null),
        Field::Float16(n) => f32::from(n).to_string(),
        // As plain digits: a whole number has no fraction.
        Field::Float(n) => n.to_string(),
        Field::Double(n) => n.to_string(),
        Field::Decimal(decimal) => digits(&decimal)?,
        Field::Str(text) => text,
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => text.to_owned(),
            Err(_) => return Err(format!("{} bytes that are no text", bytes.len())),
        },
        Field::Date(days) => day(i64::from(days))?,
        Field::TimestampMillis(n) => moment(n, Unit::Millisecond)?,
        Field::TimestampMicros(n) => moment(n, Unit::Microsecond)?,
        Field::TimeMillis(_) | Field::TimeMicros(_) => {
            return Err("a time of day, which no field of a party is".to_owned());
        }
        Field::Group(row) => {
            let mut object = Map::new();
            for (name, field) in row.into_columns() {
                let value = value(field, None, left)?;
                if !value.is_null() {
                    object.insert(name, value);
                }
            }
            return Ok(Value::Object(object));
        }
        Field::ListInternal(list) => {
            let values = list.elements().iter().map(|field| value(field.clone(), unit, left));
            let values = values.filter(|value| !matches!(value, Ok(Value::Null)));
            return Ok(Value::Array(values.collect::<Result<_, _>>()?));
        }
        Field::MapInternal(map) => {
            let mut object = Map::new();
            for (key, field) in map.entries() {
                let Value::String(key) = value(key.clone(), None, left)? else {
                    return Err("a map with keys that are no text".to_owned());
                };
                object.insert(key, value(field.clone(), None, left)?);
            }
            return Ok(Value::Object(object));
        }
    };
    *left = left.checked_sub(text.len()).ok_or_else(|| format!("the row has more than {} MiB", LONGEST_ROW >> 20))?;
    Ok(Value::String(text))
}

fn day(days: i64) -> Result<String, String> {
    let wrong = || format!("{days} days from 1970 are no date");
    let span = 0.days().try_days(days).map_err(|_| wrong())?;
    Date::constant(1970, 1, 1).checked_add(span).map(|date| date.to_string()).map_err(|_| wrong())
}

fn moment(count: i64, unit: Unit) -> Result<String, String> {
    let moment = match unit {
        Unit::Millisecond => Timestamp::from_millisecond(count),
        Unit::Microsecond => Timestamp::from_microsecond(count),
        Unit::Nanosecond => Timestamp::from_nanosecond(i128::from(count)),
    };
    let moment = moment.map_err(|_| format!("{count} is no time that can be"))?;
    let zoned = moment.to_zoned(TimeZone::UTC);
    let is_midnight = zoned.time() == jiff::civil::Time::midnight();
    Ok(if is_midnight { zoned.date().to_string() } else { moment.to_string() })
}

/// A decimal number, with its fraction where it has one.
fn digits(decimal: &Decimal) -> Result<String, String> {
    let bytes = decimal.data();
    if bytes.len() > 16 {
        return Err(format!("a decimal number of {} bytes; 16 are the most that are read", bytes.len()));
    }
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    let mut whole = [sign; 16];
    whole.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    let number = i128::from_be_bytes(whole);
    let scale = usize::try_from(decimal.scale()).map_err(|_| "a decimal number of negative scale".to_owned())?;
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale.saturating_add(1));
    let (before, after) = digits.split_at(digits.len().saturating_sub(scale));
    let after = after.trim_end_matches('0');
    let minus = if number < 0 { "-" } else { "" };
    Ok(if after.is_empty() { format!("{minus}{before}") } else { format!("{minus}{before}.{after}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_written_as_tables_write_them() {
        assert_eq!(day(0).unwrap(), "1970-01-01");
        assert_eq!(day(-18_263).unwrap(), "1920-01-01");
        assert!(day(i64::from(i32::MAX)).is_err());
        assert_eq!(moment(53_395_200_000, Unit::Millisecond).unwrap(), "1971-09-11");
        assert_eq!(moment(53_395_200_000_000_000, Unit::Nanosecond).unwrap(), "1971-09-11");
        assert_eq!(moment(53_395_200_000_001, Unit::Microsecond).unwrap(), "1971-09-11T00:00:00.000001Z");
        assert!(moment(i64::MAX, Unit::Millisecond).is_err());
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (number, scale, expected) in
            [(100_100, 2, "1001"), (-5, 2, "-0.05"), (1_234_567, 3, "1234.567"), (0, 0, "0"), (7, 0, "7")]
        {
            assert_eq!(digits(&Decimal::from_i64(number, 18, scale)).unwrap(), expected);
        }
        let long = Decimal::from_bytes(vec![1; 17].into(), 40, 0);
        assert!(digits(&long).is_err());
    }
}
