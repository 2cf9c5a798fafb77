//! Ctrl-C between questions, while files are read, or sent from elsewhere.
//!
//! Questions and network work notice Ctrl-C themselves. For every other moment a thread waits for it, gives
//! the command a moment to notice, and else ends the process: until the very end nothing has been written,
//! so that there is nothing to tidy up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::time::Duration;

use crate::error::Exit;
use crate::ui::{Terminal, Ui};

/// Waits for Ctrl-C for as long as the process lives.
#[derive(Clone, Default)]
pub(super) struct Watch {
    /// Somebody has said that the command was interrupted.
    said: Arc<AtomicBool>,
    /// Held while files are written.
    writing: Arc<Mutex<()>>,
    /// The flags that repeat the answers so far.
    answers: Arc<Mutex<Vec<String>>>,
    /// The command, without them.
    command: String,
}

impl Watch {
    /// Starts waiting, where questions are asked.
    pub fn start(ui: &Ui, command: &str) -> Watch {
        let watch = Watch { command: command.to_owned(), ..Watch::default() };
        if ui.may_ask() {
            let (waiting, ui, terminal) = (watch.clone(), ui.clone(), Terminal::now());
            let (ready, is_ready) = mpsc::channel();
            std::thread::spawn(move || waiting.wait(&ui, &terminal, &ready));
            // From here on Ctrl-C is noticed; an error says that it cannot be.
            let _cannot = is_ready.recv();
        }
        watch
    }

    fn wait(&self, ui: &Ui, terminal: &Terminal, ready: &mpsc::Sender<()>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let came = runtime.block_on(async {
            let mut came = pin!(tokio::signal::ctrl_c());
            // Asked once, it listens.
            let at_once = poll_fn(|context| Poll::Ready(came.as_mut().poll(context))).await;
            let _gone = ready.send(());
            match at_once {
                Poll::Ready(came) => came,
                Poll::Pending => came.await,
            }
        });
        if came.is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(300));
        let _not_writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.said.swap(true, Ordering::SeqCst) {
            terminal.restore();
            ui.show_cursor();
            ui.problem("");
            ui.problem("error: interrupted: nothing was written");
            ui.problem(&format!("  next: {}", self.again()));
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    }

    /// The command has noticed itself. Where the thread was first, it ends the process.
    pub fn noticed(&self) {
        if self.said.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
    }

    /// Does what must not be interrupted.
    pub fn while_writing<T>(&self, work: impl FnOnce() -> T) -> T {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    /// Remembers an answer as the flag that gives it.
    pub fn answered(&self, flag: &str, value: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // A flag that may be repeated is so for each service.
        let start = match value.split_once('=') {
            Some((service, _)) if matches!(flag, "--product" | "--price") => format!("{flag} {service}="),
            _ => format!("{flag} "),
        };
        answers.retain(|answer| !answer.starts_with(&start));
        answers.push(format!("{flag} {}", crate::ui::text::quoted(value)));
    }

    /// The command that goes on with the answers so far.
    pub fn again(&self) -> String {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(self.command.as_str())
            .chain(answers.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
    }
}
