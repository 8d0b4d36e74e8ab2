//! A chat template is a program from outside: it may compute for ever, or
//! double a text until there is no memory. So it is tried before it is used, on
//! a made-up conversation, in a process that has little of both.

use super::template::{Marks, Template};
use crate::config::limits::{self, Limits};
use crate::config::program;
use crate::engine::{Message, Role};
use std::io::{Read, Write};
use std::process::{ExitCode, Stdio};

/// The argument that has this program try a template.
pub const COMMAND: &str = "__template";

/// Most bytes of a prompt, whatever a template makes of a few thousand.
const MOST_BYTES: usize = 16 << 20;

/// What the trial says of a template that can be used.
const SOUND: &[u8] = b"sound";

/// Tries a template, where a process can be started for it. One that says no
/// to the conversation is none of the kind that is looked for here.
///
/// # Errors
/// What is wrong with it, as half a sentence about the model's files.
pub fn check(template: &str) -> Result<(), String> {
    let Some(mut command) = program::itself(COMMAND) else { return Ok(()) };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Ok(()) };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(template.as_bytes());
    }
    let mut said = Vec::new();
    if let Some(output) = child.stdout.take() {
        let _ = output.take(64).read_to_end(&mut said);
    }
    let _ = child.wait();
    if said == SOUND {
        return Ok(());
    }
    Err("its chat template computes without end, or makes a prompt that nothing could hold: it is \
         damaged, or made to do harm"
        .to_owned())
}

/// Tries the template on standard input.
pub fn serve() -> ExitCode {
    limits::apply_always();
    Limits::of(0).apply();
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_BYTES as u64).read_to_string(&mut text);
    if read.is_err() || !is_sound(&text) {
        return ExitCode::FAILURE;
    }
    match std::io::stdout().write_all(SOUND) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn is_sound(template: &str) -> bool {
    let Ok(template) = Template::new(template, Marks::default()) else { return true };
    let words = "What does the handbook say about it? ".repeat(100);
    let message = |role| Message { role, text: words.clone() };
    let mut messages = vec![message(Role::System)];
    for _ in 0..4 {
        messages.extend([message(Role::User), message(Role::Assistant)]);
    }
    messages.push(message(Role::User));
    [false, true].iter().all(|thinking| {
        template.render(&messages, *thinking).map_or(true, |prompt| prompt.len() <= MOST_BYTES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_in_use_are_sound_and_one_that_blows_up_is_not() {
        let plain = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}";
        assert!(is_sound(plain));
        assert!(is_sound("{{ raise_exception('no system message') }}"));
        assert!(is_sound("{% if %}"), "what is no template is said by who loads it");
        let long = "{% for m in messages %}{% for n in messages %}{{ m.content * 200 }}{% endfor %}{% endfor %}";
        assert!(!is_sound(long));
    }

    #[test]
    fn nothing_is_started_where_nobody_allowed_it() {
        assert_eq!(check("{{ x }}"), Ok(()));
    }
}
