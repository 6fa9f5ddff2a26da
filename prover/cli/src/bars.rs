//! Progress on a terminal. On anything else nothing is drawn.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rankproof_pipeline::Progress;

/// One line on stderr: the present stage, and how far it is where that is known.
pub struct Bars {
    current: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Nothing is drawn before the first stage.
    pub fn new() -> Self {
        Self { current: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        if let Ok(mut current) = self.current.lock() {
            act(&mut current);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bars {
    fn stage(&self, name: &str) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
            let bar = ProgressBar::new_spinner().with_message(name.to_owned());
            bar.set_style(style("{spinner} {msg} [{elapsed}]"));
            bar.enable_steady_tick(Duration::from_millis(120));
            *current = Some(bar);
        });
    }

    fn position(&self, done: u64, total: u64) {
        self.with(|current| {
            if let Some(bar) = current {
                if bar.length() != Some(total) {
                    bar.set_length(total);
                    bar.set_style(style("{spinner} {msg} {wide_bar} {percent}% [{elapsed}]"));
                }
                bar.set_position(done);
            }
        });
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
        });
    }
}
