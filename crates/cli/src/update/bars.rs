//! How far transfers are, on a terminal only.
//!
//! Not here: the transfers (`gather`).

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use interdict_fetch::Event;

use crate::exit::print_note;

/// Time after which a transfer is shown: a quick one would only flicker.
const QUIET: Duration = Duration::from_secs(2);

/// The bars of transfers under way, on a terminal only.
pub struct Bars {
    all: MultiProgress,
    start: Instant,
    is_shown: bool,
}

/// One of them.
pub struct Bar<'a> {
    bars: &'a Bars,
    name: String,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// None yet.
    pub fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        Self { all, start: Instant::now(), is_shown: io::stderr().is_terminal() }
    }

    /// One for a file.
    pub fn of(&self, name: &str) -> Bar<'_> {
        Bar { bars: self, name: crate::style::fit(name, 40), bar: Mutex::new(None) }
    }
}

impl Bar<'_> {
    /// Shows how far it is.
    pub fn show(&self, event: &Event<'_>) {
        match event {
            Event::Again { reason, after } => {
                let text = format!("{}: {}; again in {} s", reason.address, reason.reason(), after.as_secs());
                self.bars.all.suspend(|| print_note(&text));
            }
            Event::Progress { received, total } => {
                if !self.bars.is_shown || self.bars.start.elapsed() < QUIET {
                    return;
                }
                let Ok(mut bar) = self.bar.lock() else { return };
                let bar = bar.get_or_insert_with(|| {
                    let bar = self.bars.all.add(ProgressBar::new(total.unwrap_or(0)));
                    let template = match total {
                        Some(_) => "{msg:40} {bar:24} {bytes:>10} of {total_bytes} {eta}",
                        None => "{msg:40} {spinner} {bytes:>10}",
                    };
                    if let Ok(style) = ProgressStyle::with_template(template) {
                        bar.set_style(style);
                    }
                    bar.set_message(self.name.clone());
                    bar
                });
                bar.set_position(*received);
            }
        }
    }

    /// Takes it away.
    pub fn end(&self) {
        if let Some(bar) = self.bar.lock().ok().and_then(|mut bar| bar.take()) {
            bar.finish_and_clear();
        }
    }
}
