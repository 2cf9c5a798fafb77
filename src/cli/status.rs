//! `psactl status`: how things stand, on one screen. Reads the state and the portal's files, never ConnectWise.

mod gather;
mod show;

use jiff::SignedDuration;

use crate::context::Context;
use crate::error::{Exit, Result};

/// Show how things stand, what waits for a person, what fails
///
/// Reads psactl's state and the portal's files; nothing is asked of ConnectWise.
///
/// With --nagios it prints one line and ends with 0 (ok), 1 (warning: a person
/// is needed), 2 (critical: no run lately, or runs fail as a whole) or 3 (it
/// cannot tell).
///
/// Examples:
///   psactl status
///   psactl status --nagios --late 30m
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// One line for Nagios, Icinga and the like, and their exit codes
    #[arg(long)]
    nagios: bool,
    /// Critical where no run ended for so long, such as 30m or 2h
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = late)]
    late: SignedDuration,
}

fn late(written: &str) -> std::result::Result<SignedDuration, String> {
    match written.parse::<SignedDuration>() {
        Ok(time) if time.is_positive() => Ok(time),
        _ => Err("write a time such as 30m or 2h".to_owned()),
    }
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    if !args.nagios {
        context.ui.emit(&gather::gather(context, args.late)?);
        return Ok(Exit::Done);
    }
    match gather::gather(context, args.late) {
        Ok(status) => {
            let (level, line) = status.nagios();
            context.ui.out(&line);
            Ok(level.exit())
        }
        Err(failure) => {
            let mut line = Vec::new();
            nagios_unknown(&mut line, &failure.line());
            context.ui.out(String::from_utf8_lossy(&line).trim_end());
            Ok(gather::Level::Unknown.exit())
        }
    }
}

/// One line that says that nothing is known, and the code for it.
pub(super) fn nagios_unknown(stream: &mut impl std::io::Write, why: &str) -> u8 {
    // A bar would end the words.
    let why = crate::ui::text::clean(why).replace('|', "/");
    let _closed_pipe = writeln!(stream, "PSACTL UNKNOWN - {why}");
    gather::Level::Unknown.exit().code()
}
