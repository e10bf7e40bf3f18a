//! The state on one machine: a file of SQLite.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::StateError;
use crate::database::{Column, Database, Value};

/// How long a statement waits for another process, as `interdict keys` beside the service.
const BUSY: Duration = Duration::from_secs(5);

pub(crate) struct Sqlite {
    place: String,
    connection: Mutex<Connection>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let place = path.display().to_string();
        if let Some(folder) = path.parent() {
            private_folder(folder).map_err(|error| refused(&place, &error.to_string()))?;
        }
        begun(path).map_err(|error| refused(&place, &error.to_string()))?;
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            // With a write-ahead log readers do not wait; FULL makes each commit durable.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            Ok(connection)
        };
        let connection = open().map_err(|error: rusqlite::Error| refused(&place, &error.to_string()))?;
        owner_only(path);
        Ok(Self { place, connection: Mutex::new(connection) })
    }

    /// Copies the whole of a database into a new file, while others write to it.
    pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), StateError> {
        let copied = Self::open(from)?;
        let text = to.display().to_string();
        let done = copied.connection().execute("VACUUM INTO $1", [&text]);
        done.map_err(|error| refused(&text, &error.to_string()))?;
        owner_only(to);
        std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(|error| refused(&text, &error.to_string()))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A statement is whole or not at all, so what a panic left behind is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other users of the machine have no business with it.
#[cfg(unix)]
fn owner_only(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // On a file system without permissions there is nothing to set.
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
}

#[cfg(not(unix))]
fn owner_only(_: &Path) {}

/// Makes an empty file for its owner alone where there is none: SQLite would make one for all to read.
fn begun(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn refused(place: &str, reason: &str) -> StateError {
    StateError::Database {
        place: place.to_owned(),
        reason: reason.to_owned(),
        hint: "check that the folder can be written and the disk is not full".to_owned(),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Whole(number) => ValueRef::Integer(*number),
            Self::None => ValueRef::Null,
        }))
    }
}

impl Database for Sqlite {
    fn both(&self, first: &str, second: &str, values: &[Value], split: usize) -> Result<bool, StateError> {
        let connection = self.connection();
        let (of_first, of_second) = values.split_at_checked(split).unwrap_or((values, &[]));
        let both = || {
            // What is not committed is undone when it is dropped.
            let whole = connection.unchecked_transaction()?;
            if whole.prepare_cached(first)?.execute(params_from_iter(of_first))? == 0 {
                return Ok(false);
            }
            whole.prepare_cached(second)?.execute(params_from_iter(of_second))?;
            whole.commit()?;
            Ok(true)
        };
        both().map_err(|error: rusqlite::Error| refused(&self.place, &error.to_string()))
    }

    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StateError> {
        let connection = self.connection();
        let run = || connection.prepare_cached(sql)?.execute(params_from_iter(values));
        run().map(|rows| rows as u64).map_err(|error| refused(&self.place, &error.to_string()))
    }

    fn ask(&self, sql: &str, values: &[Value], columns: &[Column]) -> Result<Vec<Vec<Value>>, StateError> {
        let connection = self.connection();
        let ask = || {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| {
                let value = |(at, column): (usize, &Column)| {
                    Ok(match column {
                        Column::Text => row.get::<_, Option<String>>(at)?.map_or(Value::None, Value::Text),
                        Column::Whole => Value::maybe(row.get(at)?),
                    })
                };
                columns.iter().enumerate().map(value).collect::<rusqlite::Result<Vec<_>>>()
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        ask().map_err(|error| refused(&self.place, &error.to_string()))
    }
}
