//! Work that stands back for whoever screens on the same machine: it gets the time of the processors that is left.
//!
//! Promises: threads that others use keep their priority; where the system knows no priorities of threads, the work is
//! done all the same, on fewer of them.
//!
//! Not here: which work that is (`server`, `cli`).

use rayon::ThreadPoolBuilder;

/// Steps below the usual priority. Where all processors are wanted such work gets a tenth of the time: an import of all
/// lists, which takes seconds, still ends within a minute or two.
#[cfg(unix)]
const STEPS: i32 = 10;

/// Has the threads that begin from now on, and this one, stand back: for a command that does nothing else.
pub fn stand_back() {
    #[cfg(unix)]
    // What is refused leaves the priority as it is.
    let _ = rustix::process::nice(STEPS);
}

/// Does something on threads of its own that stand back, on half of the processors; waits for it.
pub fn standing_back<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let half = std::thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2));
    let pool = ThreadPoolBuilder::new().num_threads(half).thread_name(|n| format!("stand-back-{n}"));
    // Elsewhere than on Linux it is the whole process that has a priority.
    let pool = pool.start_handler(|_| {
        if cfg!(target_os = "linux") {
            stand_back()
        }
    });
    match pool.build() {
        Ok(pool) => pool.install(work),
        // The system gives no threads now; the work is still to be done.
        Err(_) => work(),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

    use rayon::prelude::*;

    use super::*;

    /// The 19th field of a thread's `stat`, counted behind its name.
    fn niceness() -> i32 {
        let text = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        text.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn only_its_own_threads_stand_back() {
        let own = niceness();
        let lower = (own + STEPS).min(19);
        let seen: Vec<i32> = standing_back(|| (0..64).into_par_iter().map(|_| niceness()).collect());
        assert!(seen.iter().all(|niceness| *niceness == lower), "{seen:?}, here {own}");
        assert_eq!(niceness(), own);
        let alone = std::thread::spawn(|| {
            stand_back();
            std::thread::spawn(niceness).join().unwrap()
        });
        assert_eq!(alone.join().unwrap(), lower, "threads that a thread begins are as it is");
        assert_eq!(niceness(), own);
    }
}
