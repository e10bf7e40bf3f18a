//! The service as it runs: sockets, TLS, the watch over the lists, and its end.
//!
//! Promises: asked to end, it takes no new connections, says that it is not ready, finishes what
//! is under way and then stops; lists are looked at all the time.
//!
//! Not here: routes (`app`), arguments (`cli`).

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum_server::Handle;
use interdict_state::Token;
use tokio::task::JoinHandle;

use crate::app::now;
use crate::register::Register;
use crate::{App, AppError, Settings, pulse, tls};

/// How long a new connection may take to say what it wants, or a TLS handshake to end.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection that had an answer may take to ask again, or to say all of what it wants. Idle ones end by this too.
const NEXT_REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// How long the last traces may take to be sent when the service ends.
const TRACES_WITHIN: Duration = Duration::from_secs(2);

/// A service that runs.
pub struct Running {
    /// Where it listens: the real port if 0 was asked for.
    pub address: SocketAddr,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
    served: JoinHandle<std::io::Result<()>>,
    watch: JoinHandle<()>,
    pulse: JoinHandle<()>,
}

pub(crate) fn system(place: impl ToString, hint: &'static str) -> impl FnOnce(std::io::Error) -> AppError {
    move |error| AppError::System { place: place.to_string(), reason: error.to_string(), hint }
}

/// Has the system end connections on which nothing that was sent is taken for so long: a client that reads nothing must not
/// keep one for good. What listens hands it on to what it accepts. Elsewhere than on Linux only the number of open files bounds them.
fn give_up_untaken(listener: &TcpListener, after: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::net::sockopt::set_tcp_user_timeout(listener, u32::try_from(after.as_millis()).unwrap_or(u32::MAX))
    {
        tracing::warn!(error = error.to_string(), "connections on which nothing is taken stay");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (listener, after);
}

/// Starts the service.
///
/// # Errors
/// When the address cannot be listened on, or the certificate cannot be read.
pub async fn start(app: Arc<App>) -> Result<Running, AppError> {
    let listen = app.settings.listen;
    let taken = system(format!("--listen {listen}"), "is the port in use? give another, as --listen 127.0.0.1:8081");
    let listener = TcpListener::bind(listen).and_then(|l| l.set_nonblocking(true).map(|()| l)).map_err(taken)?;
    give_up_untaken(&listener, app.settings.piece.saturating_mul(3) / 2);
    let address = listener.local_addr().map_err(system("the socket", "try again"))?;
    if let Some(oidc) = &app.oidc {
        oidc.listens(address, app.settings.tls.is_some())?;
    }
    let handle = Handle::new();
    let service = app.router().into_make_service();
    let failed = || system(listen, "is the address one of this machine?");
    let served = match &app.settings.tls {
        None => {
            let mut server = axum_server::from_tcp(listener).map_err(failed())?.handle(handle.clone());
            server = server.first_request_timeout(FIRST_REQUEST_WITHIN);
            server.http_builder().http1().header_read_timeout(NEXT_REQUEST_WITHIN);
            tokio::spawn(async move { server.serve(service).await })
        }
        Some(tls) => {
            let config = tls::open(tls).await?;
            tokio::spawn(tls::follow(config.clone(), tls.clone(), app.settings.watch));
            let server = axum_server::from_tcp(listener).map_err(failed())?.handle(handle.clone());
            let mut server = server.acceptor(tls::Encrypted::new(config, FIRST_REQUEST_WITHIN));
            server = server.first_request_timeout(FIRST_REQUEST_WITHIN);
            server.http_builder().http1().header_read_timeout(NEXT_REQUEST_WITHIN);
            tokio::spawn(async move { server.serve(service).await })
        }
    };
    let watched = Arc::clone(&app);
    let watch = tokio::spawn(async move {
        loop {
            tokio::time::sleep(watched.settings.watch).await;
            let app = Arc::clone(&watched);
            // A panic while loading leaves the lists that are in use.
            if tokio::task::spawn_blocking(move || {
                app.refresh();
                app.tell_refusals(false);
            })
            .await
            .is_err()
            {
                tracing::error!("the watch over the lists panicked; the former ones answer");
            }
        }
    });
    let pulse = tokio::spawn(pulse::feel(Arc::clone(&app)));
    Ok(Running { address, app, handle, served, watch, pulse })
}

impl Running {
    /// Waits until the service ends by itself, which is a fault.
    ///
    /// # Errors
    /// The fault.
    pub async fn failed(&mut self) -> Result<(), AppError> {
        match (&mut self.served).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(system(self.address, "start it again")(error)),
            Err(error) => Err(system(self.address, "start it again")(std::io::Error::other(error))),
        }
    }

    /// Ends it: what is under way is finished, within the time set for that.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn end(mut self) -> Result<(), AppError> {
        self.app.ending.store(true, Ordering::Relaxed);
        self.watch.abort();
        self.pulse.abort();
        let until = tokio::time::Instant::now() + self.app.settings.grace;
        self.handle.graceful_shutdown(Some(self.app.settings.grace));
        let ended = self.failed().await;
        // Writes whose callers went are nobody's connection.
        if tokio::time::timeout_at(until, self.app.writes.none_under_way()).await.is_err() {
            tracing::warn!("a write was still under way when the time to end was over");
        }
        let app = Arc::clone(&self.app);
        let close = move || {
            app.tell_refusals(true);
            app.register.iter().for_each(Register::close);
            app.tracer.iter().for_each(|tracer| tracer.close(TRACES_WITHIN));
        };
        let closed = tokio::task::spawn_blocking(close).await;
        closed.map_err(|error| system(self.address, "start it again")(std::io::Error::other(error)))?;
        ended
    }
}

/// Runs the service until the process is asked to end; `say` is told once it listens, with the setup
/// token if one was made now.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub fn run(settings: Settings, say: impl FnOnce(&Running, Option<Token>)) -> Result<(), AppError> {
    let app = App::open(settings)?;
    let setup = app.state().new_setup(now())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(system("threads", "does the machine allow more?"))?;
    runtime.block_on(async {
        let mut running = start(app).await?;
        say(&running, setup);
        tokio::select! {
            result = running.failed() => return result,
            () = asked_to_end() => {}
        }
        tracing::info!("ending: what is under way is finished");
        running.end().await
    })
}

/// Waits for the signals with which people and service managers end a process.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals the process ends when it is killed; what is on disk is whole at any moment.
        std::future::pending::<()>().await;
    }
}
