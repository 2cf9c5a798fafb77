//! `psactl help`: the help of a command, and what belongs to no single one.

use clap::Command;
use clap::builder::PossibleValuesParser;

use crate::context::Context;
use crate::doctor::explain;
use crate::error::{Exit, Failure, Result};
use crate::ui::{Look, Ui, text};

/// Show the help of a command, or of a topic such as exit-codes
///
/// Topics:
///   psactl help errors         what technicians read on screens, and what it means
///   psactl help exit-codes     what a scheduler can decide by, and what to do
///   psactl help configuration  psactl.toml with every key and its default
///
/// Commands:
///   psactl help sync
///   psactl help companies add
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A topic, or a command with its subcommand
    #[arg(value_name = "TOPIC|COMMAND", hide_possible_values = true)]
    words: Vec<String>,
}

const TOPICS: [(&str, fn(&Ui)); 3] =
    [("errors", errors), ("exit-codes", exit_codes), ("configuration", configuration)];

/// Tells the shells what can be completed: the topics, and the names of all commands.
pub(super) fn completed(command: Command) -> Command {
    fn names(command: &Command, all: &mut Vec<String>) {
        for own in command.get_subcommands() {
            all.push(own.get_name().to_owned());
            names(own, all);
        }
    }
    let mut words: Vec<String> = TOPICS.iter().map(|(topic, _)| (*topic).to_owned()).collect();
    names(&command, &mut words);
    words.sort();
    words.dedup();
    command.mut_subcommand("help", |help| {
        help.mut_arg("words", |arg| arg.value_parser(PossibleValuesParser::new(words)))
    })
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let ui = &context.ui;
    if let [word] = args.words.as_slice()
        && let Some((_, show)) = TOPICS.iter().find(|(topic, _)| topic == word)
    {
        show(ui);
        return Ok(Exit::Done);
    }
    let mut root = super::command();
    root.build();
    let mut command = &mut root;
    for word in &args.words {
        command = command.find_subcommand_mut(word).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no command psactl {}", args.words.join(" ")))
                .hint("psactl help lists the commands")
        })?;
    }
    let help = command.render_long_help();
    let help = if ui.is_coloured() { help.ansi().to_string() } else { help.to_string() };
    ui.out(help.trim_end());
    Ok(Exit::Done)
}

fn errors(ui: &Ui) {
    for (words, means) in explain::met() {
        ui.out(&format!("“{words}”"));
        ui.out(&format!("  {}", ui.wrap(means, 2, 2)));
    }
    ui.out("");
    ui.out("psactl doctor explain \"…\" leads each of them to its causes and what mends it.");
}

fn exit_codes(ui: &Ui) {
    let mut table = ui.table(&["code", "meaning", "what to do"]);
    for exit in Exit::ALL {
        let (meaning, advice) = exit.meaning();
        table.row([exit.code().to_string().as_str(), meaning, advice]);
    }
    ui.out(&table.to_string());
    ui.out("");
    ui.out(&ui.wrap(
        "From psactl sync, 3 to 6 mean that the cause is new, or that remind_every has passed: what stands already \
         does not cry at every run. doctor --nagios and status --nagios end with 0 (ok), 1 (warning), 2 (critical) or \
         3 (unknown).",
        0,
        0,
    ));
}

fn configuration(ui: &Ui) {
    for line in include_str!("../../examples/psactl.toml").lines() {
        let comment = line.trim_start().starts_with('#');
        ui.out(&if comment { ui.paint(Look::Dim, line) } else { text::clean(line) });
    }
}
