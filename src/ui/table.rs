//! Tables that fit the terminal, with customer data made harmless.

use comfy_table::{Attribute, Cell, ContentArrangement, Table as Drawn};

use super::text::clean;

/// A table under construction.
pub struct Table {
    drawn: Drawn,
    colour: bool,
}

/// The width of the terminal behind stdout, or behind stderr; `None` where there is none.
pub(super) fn terminal_width(stderr: bool) -> Option<u16> {
    let mut probe = Drawn::new();
    if stderr {
        probe.use_stderr();
    }
    probe.width()
}

impl Table {
    pub(super) fn new(columns: &[&str], width: Option<u16>, colour: bool) -> Self {
        let mut drawn = Drawn::new();
        drawn.load_style(comfy_table::presets::NOTHING);
        match width {
            Some(width) => {
                drawn.set_width(width);
                drawn.set_content_arrangement(ContentArrangement::Dynamic);
            }
            // Piped: one record stays on one line.
            None => {
                drawn.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if colour {
            drawn.enforce_styling();
        } else {
            drawn.force_no_tty();
        }
        drawn.set_header(columns.iter().map(|name| {
            let cell = Cell::new(name.to_uppercase());
            if colour { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        Table { drawn, colour }
    }

    /// Adds a row. Control characters are removed from every cell.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.drawn.add_row(cells.into_iter().map(|cell| Cell::new(clean(cell.as_ref()))));
    }

    /// Adds a row whose first cell carries a look.
    pub fn marked<S: AsRef<str>>(&mut self, colour: comfy_table::Color, cells: impl IntoIterator<Item = S>) {
        let painted = self.colour;
        self.drawn.add_row(cells.into_iter().enumerate().map(|(index, cell)| {
            let cell = Cell::new(clean(cell.as_ref()));
            if index == 0 && painted { cell.fg(colour) } else { cell }
        }));
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let drawn = self.drawn.to_string();
        let mut first = true;
        for line in drawn.lines() {
            if !first {
                writeln!(f)?;
            }
            first = false;
            write!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
