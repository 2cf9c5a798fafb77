//! Reading a line that is not shown, and the terminal as it was before any question.
//!
//! The terminal is told not to echo and not to turn Ctrl-C into a signal, so that a question can be left
//! without the terminal staying silent afterwards.

use std::io;

use secrecy::SecretString;

#[cfg(unix)]
pub use unix::Terminal;
#[cfg(unix)]
pub(super) use unix::read;

#[cfg(unix)]
mod unix {
    use std::io::{ErrorKind, Write};

    use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};

    use super::*;

    /// How the terminal is set.
    #[derive(Debug, Clone)]
    pub struct Terminal(Option<Termios>);

    impl Terminal {
        /// As it is now.
        pub fn now() -> Terminal {
            Terminal(termios::tcgetattr(rustix::stdio::stdin()).ok())
        }

        /// Sets it so again.
        pub fn restore(&self) {
            if let Some(before) = &self.0 {
                let _gone = termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
            }
        }
    }

    impl Drop for Silent {
        fn drop(&mut self) {
            self.0.restore();
        }
    }

    /// Restores the terminal however reading ends.
    struct Silent(Terminal);

    /// Reads one line from the terminal without showing it. More lines that come with it, as when several
    /// are pasted, are part of it: the next question would show them.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] after Ctrl-C, and where the terminal cannot be read.
    pub fn read(prompt: &str) -> io::Result<SecretString> {
        let input = rustix::stdio::stdin();
        let before = termios::tcgetattr(input)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        let restore = Silent(Terminal(Some(before)));
        termios::tcsetattr(input, OptionalActions::Now, &silent)?;
        let mut err = io::stderr();
        write!(err, "{prompt}: ")?;
        err.flush()?;
        let mut line: Vec<u8> = Vec::new();
        let read = loop {
            let mut byte = [0; 1];
            match rustix::io::read(input, &mut byte) {
                Ok(0) => break Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => match byte[0] {
                    b'\r' | b'\n' => break Ok(()),
                    3 => break Err(ErrorKind::Interrupted.into()),
                    // Ctrl-D
                    4 if line.is_empty() => break Err(ErrorKind::UnexpectedEof.into()),
                    4 => {}
                    // A letter may be several bytes.
                    8 | 127 => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
                    // Ctrl-U
                    21 => line.clear(),
                    byte => line.push(byte),
                },
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => break Err(error.into()),
            }
        };
        if read.is_ok() {
            // What is there already, or comes within a tenth of a second, was not typed.
            silent.special_codes[SpecialCodeIndex::VMIN] = 0;
            silent.special_codes[SpecialCodeIndex::VTIME] = 1;
            termios::tcsetattr(input, OptionalActions::Now, &silent)?;
            let mut more = Vec::new();
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = rustix::io::read(input, &mut bytes) {
                more.extend_from_slice(bytes.get(..count).unwrap_or_default());
            }
            let more = more.trim_ascii();
            if !more.is_empty() {
                line.push(b'\n');
                line.extend_from_slice(more);
            }
        }
        drop(restore);
        writeln!(err)?;
        read.map(|()| SecretString::from(String::from_utf8_lossy(&line).into_owned()))
    }
}

/// How the terminal is set; this system restores it by itself.
#[cfg(not(unix))]
#[derive(Debug, Clone)]
pub struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    /// As it is now.
    pub fn now() -> Terminal {
        Terminal
    }

    /// Sets it so again.
    pub fn restore(&self) {}
}

/// Reads one line from the terminal without showing it.
///
/// # Errors
/// Where the terminal cannot be read.
#[cfg(not(unix))]
pub(super) fn read(prompt: &str) -> io::Result<SecretString> {
    match dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true).interact() {
        Ok(secret) => Ok(secret.into()),
        Err(dialoguer::Error::IO(error)) => Err(error),
    }
}
