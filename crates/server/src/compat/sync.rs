//! Work that takes a processor, beside the threads that serve connections.

/// Runs it there and waits.
pub(super) async fn beside<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
    broken: fn(String) -> E,
) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(broken(format!("could not be done: {error}"))),
    }
}
