//! The state that several instances share: a database of PostgreSQL.
//!
//! Not here: TLS to the database; connect over a socket or a private network, or through a proxy.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls};

use crate::StateError;
use crate::database::{Column, Database, Value};

pub(crate) struct Postgres {
    address: String,
    client: Mutex<Option<Client>>,
}

impl Postgres {
    /// Connects. The address may hold a password: it is shown nowhere.
    pub(crate) fn open(address: &str) -> Result<Self, StateError> {
        let client = Client::connect(address, NoTls).map_err(|error| refused(&error))?;
        Ok(Self { address: address.to_owned(), client: Mutex::new(Some(client)) })
    }

    /// Works with the connection; a lost one is made anew, once.
    fn with<T>(&self, work: impl Fn(&mut Client) -> Result<T, postgres::Error>) -> Result<T, StateError> {
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = match held.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => Client::connect(&self.address, NoTls).map_err(|error| refused(&error))?,
        };
        let result = work(&mut client);
        *held = Some(client);
        result.map_err(|error| refused(&error))
    }
}

fn refused(error: &postgres::Error) -> StateError {
    let reason = match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    };
    StateError::Database {
        place: "postgresql".to_owned(),
        reason,
        hint: "check that the server runs, and the address: postgresql://USER@HOST/DATABASE".to_owned(),
    }
}

impl ToSql for Value {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Text(text) => text.to_sql(of, out),
            Self::Whole(number) => number.to_sql(of, out),
            Self::None => Ok(IsNull::Yes),
        }
    }

    fn accepts(of: &Type) -> bool {
        *of == Type::TEXT || *of == Type::INT8
    }

    to_sql_checked!();
}

fn borrowed(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Database for Postgres {
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StateError> {
        self.with(|client| client.execute(sql, &borrowed(values)))
    }

    fn ask(&self, sql: &str, values: &[Value], columns: &[Column]) -> Result<Vec<Vec<Value>>, StateError> {
        self.with(|client| {
            let rows = client.query(sql, &borrowed(values))?;
            let value = |row: &postgres::Row, (at, column): (usize, &Column)| {
                Ok(match column {
                    Column::Text => row.try_get::<_, Option<String>>(at)?.map_or(Value::None, Value::Text),
                    Column::Whole => Value::maybe(row.try_get(at)?),
                })
            };
            let of = |row| columns.iter().enumerate().map(|cell| value(row, cell)).collect();
            rows.iter().map(of).collect()
        })
    }
}
