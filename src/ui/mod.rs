//! How things look: streams, tables, JSON, colour and questions are decided here and nowhere else.
//!
//! Results go to stdout, everything else to stderr. A closed pipe is not an error.

mod hidden;
mod progress;
mod question;
mod table;
pub mod text;

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::Failure;

pub use hidden::Terminal;
pub use progress::Progress;
pub use table::Table;

/// What a command prints its result as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Tables and sentences for people.
    #[default]
    Table,
    /// One JSON document of a documented, versioned shape.
    Json,
}

/// A result that can be shown to a person or written as JSON.
pub trait Show: Serialize {
    /// Name and version of the JSON shape, such as `psactl/sync/1`. Within a version, keys are only added.
    const SCHEMA: &'static str;
    /// The same for a person.
    fn show(&self, ui: &Ui);
}

/// Where output goes and how it looks; decided once, from the command line and the terminal.
#[derive(Debug, Clone)]
pub struct Ui {
    format: Format,
    quiet: bool,
    colour: bool,
    width: Option<u16>,
    by_hand: bool,
    ask: bool,
    /// Results go to stderr too.
    aside: bool,
}

/// The looks that carry meaning. Colour is never the only carrier of it.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// A heading.
    Head,
    /// All is well.
    Good,
    /// Needs a person.
    Warn,
    /// Failed.
    Bad,
    /// Less important.
    Dim,
}

impl Look {
    fn style(self) -> Style {
        match self {
            Look::Head => Style::new().bold(),
            Look::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Look::Warn => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Look::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
            Look::Dim => Style::new().dimmed(),
        }
    }
}

impl Ui {
    /// Decides once how output looks. `colour` is the choice of the command line; `None` asks the
    /// environment (NO_COLOR, CLICOLOR_FORCE, CLICOLOR) and the terminal.
    pub fn new(format: Format, quiet: bool, colour: Option<bool>, no_input: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let colour = colour.unwrap_or_else(|| {
            anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        });
        let forced_width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = forced_width.or_else(|| terminal.then(|| table::terminal_width(false)).flatten());
        // The prompt library reads the keyboard even when stdin is a file, so both ends are checked.
        let by_hand = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Ui { format, quiet, colour, width, by_hand, ask: by_hand && !no_input, aside: false }
    }

    /// The same looks, with results on stderr: for what a question is about, which must stand where the question stands,
    /// wherever stdout goes.
    pub fn at_question(&self) -> Ui {
        let terminal = std::io::stdout().is_terminal();
        let width = self.width.or_else(|| if terminal { None } else { table::terminal_width(true) });
        Ui { format: Format::Table, width, aside: true, ..self.clone() }
    }

    /// Whether a person typed the command: the login may be tried at once after a refusal, and another psactl is waited
    /// for.
    pub fn is_by_hand(&self) -> bool {
        self.by_hand
    }

    /// Whether a question may be asked.
    pub fn may_ask(&self) -> bool {
        self.ask
    }

    /// Whether results are written as JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether results are coloured.
    pub fn is_coloured(&self) -> bool {
        self.colour
    }

    /// Whether only what needs a person is printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result: JSON with its schema name, or the form for people.
    pub fn emit<T: Show>(&self, result: &T) {
        match self.format {
            Format::Table => result.show(self),
            Format::Json => {
                #[derive(Serialize)]
                struct Document<'a, T> {
                    schema: &'static str,
                    #[serde(flatten)]
                    result: &'a T,
                }
                match serde_json::to_string_pretty(&Document { schema: T::SCHEMA, result }) {
                    Ok(document) => self.out(&text::escaped(&document)),
                    Err(error) => self.problem(&format!("the result cannot be written as JSON: {error}")),
                }
            }
        }
    }

    /// A line of the result, to stdout.
    pub fn out(&self, line: &str) {
        if self.aside {
            write_line(std::io::stderr(), line, self.colour);
        } else {
            write_line(std::io::stdout(), line, self.colour);
        }
    }

    /// Talk, to stderr; silent under `--quiet`.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            write_line(std::io::stderr(), line, self.colour);
        }
    }

    /// Something a person must see, to stderr, even under `--quiet`.
    pub fn problem(&self, line: &str) {
        write_line(std::io::stderr(), line, self.colour);
    }

    /// A failure: what, the causes, what to do next. `head` stands before it, painted, and is so many columns wide.
    pub fn failure(&self, head: &str, wide: usize, failure: &Failure) {
        for (depth, cause) in failure.causes().iter().enumerate() {
            let (mut head, indent) = match depth {
                0 => (head.to_owned(), wide),
                _ => ("  because: ".to_owned(), 11),
            };
            for line in cause {
                let line = self.wrap(&text::clean(line), indent, indent.min(7) + 2);
                self.problem(&format!("{head}{line}"));
                head = " ".repeat(indent);
            }
        }
        for hint in &failure.hints {
            let next = self.paint(Look::Dim, "next:");
            self.problem(&format!("  {next} {}", self.wrap(&text::clean(hint), 8, 8)));
        }
    }

    /// Shows the cursor, which a question that was left may have hidden.
    pub fn show_cursor(&self) {
        if self.ask {
            let _closed = write!(std::io::stderr(), "\x1b[?25h");
        }
    }

    /// Text in a look, or plain where colour is off.
    pub fn paint(&self, look: Look, text: &str) -> String {
        if self.colour {
            let style = look.style();
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A heading on stdout, after a blank line.
    pub fn heading(&self, text: &str) {
        self.out("");
        self.out(&self.paint(Look::Head, &self.wrap(text, 0, 0)));
    }

    /// An empty table that will fit the terminal.
    pub fn table(&self, columns: &[&str]) -> Table {
        Table::new(columns, self.width, self.colour)
    }

    /// Running text broken to the terminal's width, less what stands before it; continued lines are indented.
    /// Where nobody looks (a pipe), a record stays on one line.
    pub fn wrap(&self, text: &str, before: usize, indent: usize) -> String {
        match self.width {
            Some(width) => text::wrap(text, usize::from(width).max(before + 20), before, indent),
            None => text.to_owned(),
        }
    }

    /// Whether lines are broken, and have less room than that.
    pub fn is_narrower(&self, columns: u16) -> bool {
        self.width.is_some_and(|width| width < columns)
    }

    /// The width to draw at.
    pub fn columns(&self) -> usize {
        self.width.map_or(100, usize::from).clamp(40, 160)
    }
}

/// Writes one line, whatever stands in it: what would steer a terminal is left out, even where whoever wrote the line
/// forgot it. A reader that has gone away ends the output quietly, as `head` expects.
fn write_line(mut stream: impl Write, line: &str, colour: bool) {
    let _closed_pipe = writeln!(stream, "{}", text::tamed(line, colour));
}
