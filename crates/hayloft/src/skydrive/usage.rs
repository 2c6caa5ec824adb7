//! Help and usage errors in the form of Python's `argparse`, which the original's are.
//!
//! clap parses; this module draws what people read, from clap's own knowledge of the arguments.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

/// Columns, less the two that argparse leaves.
const WIDTH: usize = 78;
/// Help texts begin here at the latest.
const HELP_COLUMN_MAX: usize = 24;

/// The command with all its helps exchanged.
pub(super) fn dressed(mut command: Command, program: &str) -> Command {
    let help = help(&command, program);
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(&name, |sub| {
            let help = self::help(&sub, &format!("{program} {name}"));
            sub.override_help(StyledStr::from(help))
        });
    }
    command.override_help(StyledStr::from(help))
}

/// `usage: skydrive-cli rm [-h] object [object ...]` and all arguments below.
fn help(command: &Command, program: &str) -> String {
    let mut sections = vec![usage(command, program)];
    if command.has_subcommands()
        && let Some(about) = command.get_about()
    {
        sections.push(format!("{about}.\n"));
    }
    let positionals: Vec<Row> = command.get_positionals().map(Row::of).collect();
    let mut options = vec![Row::new("-h, --help", "show this help message and exit")];
    options.extend(options_of(command).map(Row::of));
    if command.has_subcommands() {
        options.push(Row::new("-V, --version", "show program's version number and exit"));
    }
    let mut groups = vec![("positional arguments", positionals), ("optional arguments", options)];
    if command.has_subcommands() {
        let mut rows = vec![Row::new(&choices(command), "")];
        rows.extend(command.get_subcommands().map(|sub| {
            let about = sub.get_about().map(|about| format!("{about}.")).unwrap_or_default();
            Row { indent: 4, ..Row::new(sub.get_name(), &about) }
        }));
        groups.push(("Supported operations", rows));
    }
    let longest =
        groups.iter().flat_map(|(_, rows)| rows).map(|row| row.indent + row.head.chars().count());
    let column = (longest.max().unwrap_or_default() + 2).min(HELP_COLUMN_MAX);
    for (title, rows) in groups.iter().filter(|(_, rows)| !rows.is_empty()) {
        let rows: String = rows.iter().map(|row| row.draw(column)).collect();
        sections.push(format!("{title}:\n{rows}"));
    }
    sections.join("\n")
}

fn options_of(command: &Command) -> impl Iterator<Item = &Arg> {
    // clap adds these itself when it parses; there may be a copy by then.
    let is_own = |arg: &&Arg| {
        use ArgAction::{Help, HelpLong, HelpShort, Version};
        !matches!(arg.get_action(), Help | HelpShort | HelpLong | Version)
    };
    command.get_opts().filter(is_own)
}

fn choices(command: &Command) -> String {
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    format!("{{{}}}", names.join(","))
}

/// One argument in the list.
struct Row {
    indent: usize,
    head: String,
    help: String,
}

impl Row {
    fn new(head: &str, help: &str) -> Self {
        Self { indent: 2, head: head.to_owned(), help: help.to_owned() }
    }

    fn of(arg: &Arg) -> Self {
        // clap takes the last full stop away.
        let help = arg.get_help().map(|help| format!("{help}.")).unwrap_or_default();
        if arg.is_positional() {
            return Self::new(&metavar(arg), &help);
        }
        let value = value(arg).map_or(String::new(), |value| format!(" {value}"));
        let short = arg.get_short().map(|short| format!("-{short}{value}"));
        let long = arg.get_long().map(|long| format!("--{long}{value}"));
        let names: Vec<String> = short.into_iter().chain(long).collect();
        Self::new(&names.join(", "), &help)
    }

    fn draw(&self, column: usize) -> String {
        let head = format!("{}{}", " ".repeat(self.indent), self.head);
        let lines = wrap(&self.help, WIDTH - column);
        let mut text = head.clone();
        let mut at = head.chars().count();
        if at + 2 > column && !lines.is_empty() {
            text.push('\n');
            at = 0;
        }
        for (number, line) in lines.iter().enumerate() {
            let pad = if number == 0 { column - at } else { column };
            text.extend([&" ".repeat(pad), line.as_str(), "\n"]);
        }
        if lines.is_empty() {
            text.push('\n');
        }
        text
    }
}

fn metavar(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names.first().map_or_else(|| arg.get_id().to_string(), ToString::to_string)
}

/// What stands for the value of an option: its name, or all it can be.
fn value(arg: &Arg) -> Option<String> {
    if !arg.get_action().takes_values() {
        return None;
    }
    let possible = arg.get_possible_values();
    if possible.is_empty() {
        return Some(metavar(arg));
    }
    let names: Vec<&str> = possible.iter().map(clap::builder::PossibleValue::get_name).collect();
    Some(format!("{{{}}}", names.join(",")))
}

fn usage(command: &Command, program: &str) -> String {
    let mut options = vec!["[-h]".to_owned()];
    for arg in options_of(command) {
        let name = match (arg.get_short(), arg.get_long()) {
            (Some(short), _) => format!("-{short}"),
            (None, long) => format!("--{}", long.unwrap_or_default()),
        };
        let value = value(arg).map_or(String::new(), |value| format!(" {value}"));
        options.push(format!("[{name}{value}]"));
    }
    let mut positionals: Vec<String> = command.get_positionals().map(place).collect();
    if command.has_subcommands() {
        options.push("[-V]".to_owned());
        positionals = vec![choices(command), "...".to_owned()];
        // The one that excludes another stands beside it.
        if let Some(at) = options.iter().position(|option| option == "[-p]") {
            options.splice(at..at + 2, ["[-p | -i]".to_owned()]);
        }
    }
    let all = [&options[..], &positionals[..]].concat().join(" ");
    let begin = format!("usage: {program} ");
    if begin.chars().count() + all.chars().count() <= WIDTH {
        return format!("{begin}{all}\n");
    }
    let indent = begin.chars().count();
    let mut lines = pack(&options, WIDTH - indent);
    lines.extend(pack(&positionals, WIDTH - indent));
    begin + &lines.join(&format!("\n{}", " ".repeat(indent))) + "\n"
}

/// A positional argument in the usage line.
fn place(arg: &Arg) -> String {
    let name = metavar(arg);
    match (arg.is_required_set(), matches!(arg.get_action(), ArgAction::Append)) {
        (true, false) => name,
        (true, true) => format!("{name} [{name} ...]"),
        (false, false) => format!("[{name}]"),
        (false, true) => format!("[{name} [{name} ...]]"),
    }
}

/// Words side by side, as many as fit.
fn pack(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.extend([" ", word.as_str()]);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    pack(&words, width)
}

/// The usage line and the error as argparse words them.
pub(super) fn complaint(
    command: &Command,
    program: &str,
    args: &[OsString],
    err: &clap::Error,
) -> String {
    let named = called(command, args);
    let (usage, program) = match named.and_then(|name| command.find_subcommand(name)) {
        Some(sub) => {
            let program = format!("{program} {}", sub.get_name());
            (usage(sub, &program), program)
        }
        None => (usage(command, program), program.to_owned()),
    };
    format!("{usage}{program}: error: {}\n", wording(command, err))
}

fn wording(command: &Command, err: &clap::Error) -> String {
    let told = |kind| match err.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = |kind| {
        let text = told(kind);
        let name = text.split(' ').next().unwrap_or_default();
        let arg = command.get_subcommands().chain([command]).flat_map(Command::get_arguments);
        let mut arg =
            arg.filter(|arg| arg.get_long().is_some_and(|long| name == format!("--{long}")));
        match arg.next().and_then(Arg::get_short) {
            Some(short) => format!("argument -{short}/{name}"),
            None => format!("argument {}", name.trim_matches(['<', '>', '[', ']'])),
        }
    };
    match err.kind() {
        ErrorKind::MissingRequiredArgument => {
            let names = told(ContextKind::InvalidArg).replace("...", "").replace(['<', '>'], "");
            format!("the following arguments are required: {names}")
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "the following arguments are required: command".to_owned()
        }
        ErrorKind::InvalidSubcommand => {
            let names: Vec<String> =
                command.get_subcommands().map(|sub| format!("'{}'", sub.get_name())).collect();
            format!(
                "argument command: invalid choice: '{}' (choose from {})",
                told(ContextKind::InvalidSubcommand),
                names.join(", ")
            )
        }
        ErrorKind::UnknownArgument => {
            format!("unrecognized arguments: {}", told(ContextKind::InvalidArg))
        }
        ErrorKind::ArgumentConflict => {
            // argparse names the later one first.
            format!(
                "{}: not allowed with {}",
                argument(ContextKind::PriorArg),
                argument(ContextKind::InvalidArg)
            )
        }
        ErrorKind::InvalidValue if told(ContextKind::InvalidValue).is_empty() => {
            format!("{}: expected one argument", argument(ContextKind::InvalidArg))
        }
        ErrorKind::InvalidValue => {
            let valid = told(ContextKind::ValidValue)
                .split(", ")
                .map(|name| format!("'{name}'"))
                .collect::<Vec<_>>()
                .join(", ");
            format!(
                "{}: invalid choice: '{}' (choose from {valid})",
                argument(ContextKind::InvalidArg),
                told(ContextKind::InvalidValue)
            )
        }
        ErrorKind::ValueValidation => {
            format!(
                "{}: invalid value: '{}'",
                argument(ContextKind::InvalidArg),
                told(ContextKind::InvalidValue)
            )
        }
        _ => {
            let text = err.to_string();
            let first = text.lines().next().unwrap_or_default();
            first.trim_start_matches("error: ").to_owned()
        }
    }
}

/// The command that the arguments name.
fn called<'a>(command: &'a Command, args: &[OsString]) -> Option<&'a str> {
    let takes_value = |text: &str| {
        options_of(command).filter(|arg| arg.get_action().takes_values()).any(|arg| {
            arg.get_short().is_some_and(|short| text == format!("-{short}"))
                || arg.get_long().is_some_and(|long| text == format!("--{long}"))
        })
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let arg = arg.to_string_lossy();
        if takes_value(&arg) {
            args.next();
        } else if !arg.starts_with('-') {
            return command.get_subcommands().map(Command::get_name).find(|name| *name == arg);
        }
    }
    None
}

#[cfg(test)]
mod tests;
