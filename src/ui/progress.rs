//! How far a long reading is: one line on a terminal, gone when it is done. A pipe never sees it.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Ui;

/// Fewer steps than this are done before anybody wonders.
const MANY: usize = 30;

/// A line that counts.
pub struct Progress {
    what: String,
    total: usize,
    done: usize,
    shown: Option<Instant>,
    seen: bool,
}

impl Ui {
    /// Counts the steps of something long. Nothing is shown where nobody looks, or where they are few.
    pub fn progress(&self, what: &str, total: usize) -> Progress {
        Progress::of(self.quiet, what, total)
    }

    /// Counts the steps of something that tells itself how far it is, and of how many.
    pub fn counting(&self, what: &'static str) -> Rc<dyn Fn(usize, usize)> {
        let quiet = self.quiet;
        let line: RefCell<Option<Progress>> = RefCell::new(None);
        Rc::new(move |done, total| {
            let mut line = line.borrow_mut();
            if done >= total {
                *line = None;
                return;
            }
            let progress = line.get_or_insert_with(|| Progress::of(quiet, what, total));
            progress.total = total;
            progress.at(done);
        })
    }

    /// Says what is waited for, where somebody looks; the line goes with what is returned.
    pub fn waiting(&self, what: &str) -> Progress {
        let mut waiting = self.progress(what, MANY);
        if waiting.seen {
            waiting.shown = Some(Instant::now());
            waiting.draw(&format!("{what} …"));
        }
        waiting
    }
}

impl Progress {
    fn of(quiet: bool, what: &str, total: usize) -> Progress {
        let seen = total >= MANY && !quiet && std::io::stderr().is_terminal();
        Progress { what: what.to_owned(), total, done: 0, shown: None, seen }
    }

    /// One step is done.
    pub fn step(&mut self) {
        self.at(self.done + 1);
    }

    /// So many steps are done.
    fn at(&mut self, done: usize) {
        self.done = done;
        let just_now = self.shown.is_some_and(|shown| shown.elapsed() < Duration::from_millis(100));
        if self.seen && !just_now {
            self.shown = Some(Instant::now());
            self.draw(&format!("{}: {} of {}", self.what, self.done, self.total));
        }
    }

    fn draw(&self, line: &str) {
        let _closed = write!(std::io::stderr(), "\r\x1b[2K{}", super::text::clean(line));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            self.draw("");
        }
    }
}
