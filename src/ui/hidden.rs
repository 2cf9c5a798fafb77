//! Reading a line that is not shown.
//!
//! The terminal is told not to echo and not to turn Ctrl-C into a signal, so that a question can be left
//! without the terminal staying silent afterwards.

#[cfg(unix)]
use std::io::ErrorKind;
use std::io::{self, Write};

use secrecy::SecretString;

/// Reads one line from the terminal without showing it.
///
/// # Errors
/// [`ErrorKind::Interrupted`] after Ctrl-C, and where the terminal cannot be read.
#[cfg(unix)]
pub(super) fn read(prompt: &str) -> io::Result<SecretString> {
    use rustix::termios::{self, LocalModes, OptionalActions, Termios};

    struct Restore(Termios);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _gone = termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.0);
        }
    }

    let input = rustix::stdio::stdin();
    let before = termios::tcgetattr(input)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    let restore = Restore(before);
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
    drop(restore);
    writeln!(err)?;
    read.map(|()| SecretString::from(String::from_utf8_lossy(&line).into_owned()))
}

/// Reads one line from the terminal without showing it.
///
/// # Errors
/// Where the terminal cannot be read.
#[cfg(not(unix))]
pub(super) fn read(prompt: &str) -> io::Result<SecretString> {
    let _flushed = io::stderr().flush();
    match dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true).interact() {
        Ok(secret) => Ok(secret.into()),
        Err(dialoguer::Error::IO(error)) => Err(error),
    }
}
