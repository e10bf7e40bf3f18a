//! The state that several instances share: a database of PostgreSQL.
//!
//! Promises: each question ends within [`WITHIN`], also when the server hangs or the network swallows what is
//! sent; a lost connection is made anew by itself, with a rest between attempts; what is only read is read again after a
//! connection that broke, a write is not sent twice; a write that is confirmed is on disk.
//!
//! One connection does for all threads: questions are sent one behind the other without waiting.
//!
//! Not here: the address and what it says of TLS (`address`, `encryption`).

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row};

use crate::StateError;
use crate::address::Address;
use crate::database::{Column, Database, Value};

/// How long a question may take, all in all: as long as SQLite waits for another process.
const WITHIN: Duration = Duration::from_secs(5);

/// How long a new connection may take; less than a question, so that those who wait are told why.
const CONNECTED_WITHIN: Duration = Duration::from_secs(3);

/// After a connection that failed nobody tries for so long: a server that starts is not stormed.
const REST: Duration = Duration::from_millis(500);

type Failure = tokio_postgres::Error;

/// A connection, and the task that moves its bytes.
struct Link {
    client: Client,
    mover: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.mover.abort();
    }
}

#[derive(Default)]
struct Held {
    link: Option<Arc<Link>>,
    /// The last attempt, if it failed.
    failed: Option<(Instant, StateError)>,
}

pub(crate) struct Postgres {
    address: Address,
    held: Mutex<Held>,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A runtime must not be waited for where others run, as when the service ends.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// Connects. The address may hold a password: it is shown nowhere.
    pub(crate) fn open(address: &str) -> Result<Self, StateError> {
        let address = Address::parse(address)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("state").enable_all().build();
        let runtime = runtime.map_err(|error| refused(&error.to_string()))?;
        let postgres = Self { address, held: Mutex::default(), runtime: Some(runtime) };
        postgres.within(async { postgres.link().await.map(drop) })?;
        Ok(postgres)
    }

    fn within<T>(&self, work: impl Future<Output = Result<T, StateError>>) -> Result<T, StateError> {
        let Some(runtime) = &self.runtime else { return Err(refused("it is being closed")) };
        runtime.block_on(async {
            match timeout(WITHIN, work).await {
                Ok(result) => result,
                Err(_) => {
                    // Whoever hangs on the connection now ends by themselves; nobody else begins there.
                    if let Ok(mut held) = self.held.try_lock() {
                        held.link = None;
                    }
                    Err(refused(&format!("no answer within {} s", WITHIN.as_secs())))
                }
            }
        })
    }

    /// The connection, made anew if it was lost.
    async fn link(&self) -> Result<Arc<Link>, StateError> {
        let mut held = self.held.lock().await;
        if let Some(link) = held.link.as_ref().filter(|link| !link.client.is_closed()) {
            return Ok(Arc::clone(link));
        }
        held.link = None;
        if let Some((at, error)) = &held.failed
            && at.elapsed() < REST
        {
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(link) => {
                let link = Arc::new(link);
                *held = Held { link: Some(Arc::clone(&link)), failed: None };
                Ok(link)
            }
            Err(error) => {
                held.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Link, StateError> {
        let connect = async {
            let (client, connection) = self.address.config.connect(self.address.tls.clone()).await?;
            let link = Link { client, mover: tokio::spawn(async move { drop(connection.await) }).abort_handle() };
            // A server may be set to confirm what is not on disk yet. Stricter settings than `on` stay.
            let shown = link.client.query_typed("SELECT current_setting('synchronous_commit')", &[]).await?;
            if shown.first().map(|row| row.try_get::<_, &str>(0)).transpose()? == Some("off") {
                link.client.batch_execute("SET synchronous_commit TO on").await?;
            }
            Ok(link)
        };
        match timeout(CONNECTED_WITHIN, connect).await {
            Ok(result) => result.map_err(|error: Failure| told(&error)),
            Err(_) => Err(refused(&format!("no connection within {} s", CONNECTED_WITHIN.as_secs()))),
        }
    }

    /// Asks, once more if the connection broke and asking twice does no harm.
    async fn with<T, F>(&self, is_read: bool, work: impl Fn(Arc<Link>) -> F) -> Result<T, StateError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        match work(self.link().await?).await {
            Err(error) if is_read && error.is_closed() => work(self.link().await?).await.map_err(|error| told(&error)),
            result => result.map_err(|error| told(&error)),
        }
    }
}

fn told(error: &Failure) -> StateError {
    refused(&match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    })
}

pub(crate) fn refused(reason: &str) -> StateError {
    let is_tls = ["TLS", "certificate"].iter().any(|word| reason.contains(word));
    let hint = if is_tls {
        "check sslmode and sslrootcert of the address, and that the server's certificate names its host"
    } else {
        "check that the server runs, and the address: postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE"
    };
    StateError::Database { place: "postgresql".to_owned(), reason: reason.to_owned(), hint: hint.to_owned() }
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
        [Type::TEXT, Type::INT8, Type::UNKNOWN].contains(of)
    }

    to_sql_checked!();
}

/// Values with their types, so that a statement takes one way there and back, and none is prepared on a
/// connection that a proxy may change.
fn typed(values: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let of = |value: &Value| match value {
        Value::Text(_) => Type::TEXT,
        Value::Whole(_) => Type::INT8,
        Value::None => Type::UNKNOWN,
    };
    values.iter().map(|value| (value as &(dyn ToSql + Sync), of(value))).collect()
}

fn read(rows: &[Row], columns: &[Column]) -> Result<Vec<Vec<Value>>, Failure> {
    let value = |row: &Row, (at, column): (usize, &Column)| {
        Ok(match column {
            Column::Text => row.try_get::<_, Option<String>>(at)?.map_or(Value::None, Value::Text),
            Column::Whole => Value::maybe(row.try_get(at)?),
        })
    };
    rows.iter().map(|row| columns.iter().enumerate().map(|cell| value(row, cell)).collect()).collect()
}

impl Database for Postgres {
    fn both(&self, first: &str, second: &str, values: &[Value], _: usize) -> Result<bool, StateError> {
        // One statement, as other threads send theirs on the same connection: a transaction would take them in.
        let sql = format!("WITH first AS ({first} RETURNING 1) {second} WHERE EXISTS (SELECT 1 FROM first)");
        self.run(&sql, values).map(|changed| changed > 0)
    }

    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StateError> {
        let values = &typed(values);
        self.within(self.with(false, |link| async move { link.client.execute_typed(sql, values).await }))
    }

    fn ask(&self, sql: &str, values: &[Value], columns: &[Column]) -> Result<Vec<Vec<Value>>, StateError> {
        let values = &typed(values);
        self.within(self.with(true, |link| async move {
            let rows = link.client.query_typed(sql, values).await?;
            read(&rows, columns)
        }))
    }
}
