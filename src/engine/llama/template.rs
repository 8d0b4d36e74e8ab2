//! The chat template of a model: Jinja, as the model's makers wrote it.
//!
//! Templates are written for Python's Jinja and for the functions that
//! Transformers adds, so those are offered here, and the few forms that
//! minijinja doesn't know are rewritten, as mistral.rs does it.

use super::super::{EngineError, Message, Role};
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;

/// The name of the only template.
const NAME: &str = "chat";

/// A chat template with the marks it is given.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    marks: Marks,
}

/// Special tokens as the vocabulary spells them.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Begins a text.
    pub begin: Option<String>,
    /// Ends one.
    pub end: Option<String>,
    /// Stands for what is unknown.
    pub unknown: Option<String>,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Where it is no Jinja that is known here.
    pub fn new(text: &str, marks: Marks) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(unknown_method_callback);
        // As Transformers sets it.
        environment.set_lstrip_blocks(true);
        environment.set_trim_blocks(true);
        environment.add_function("raise_exception", raise);
        environment.add_function("strftime_now", strftime_now);
        environment
            .add_template_owned(NAME, rewritten(text))
            .map_err(|error| format!("{error:#}"))?;
        Ok(Self { environment, marks })
    }

    /// The prompt that a conversation makes, ready for the answer.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with what the template says.
    pub fn render(&self, messages: &[Message], thinking: bool) -> Result<String, EngineError> {
        self.spell(messages, thinking, true)
    }

    /// A conversation that is over: its last message is an answer.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with what the template says.
    pub fn render_whole(&self, messages: &[Message]) -> Result<String, EngineError> {
        self.spell(messages, false, false)
    }

    fn spell(
        &self,
        messages: &[Message],
        thinking: bool,
        answering: bool,
    ) -> Result<String, EngineError> {
        let refused = |error: Error| {
            let text = error.detail().map_or_else(|| error.to_string(), str::to_owned);
            EngineError::Refused(format!("its chat template says: {text}"))
        };
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| context! { role => role(message.role), content => message.text })
            .collect();
        let template = self.environment.get_template(NAME).map_err(refused)?;
        template
            .render(context! {
                messages,
                add_generation_prompt => answering,
                bos_token => self.marks.begin,
                eos_token => self.marks.end,
                unk_token => self.marks.unknown,
                date_string => chrono::Utc::now().format("%d, %B, %Y").to_string(),
                enable_thinking => thinking,
                reasoning_effort => "medium",
            })
            .map_err(refused)
    }
}

/// Whether a prompt ends inside an open thought.
pub(super) fn opens_thought(prompt: &str) -> bool {
    match (prompt.rfind("<think>"), prompt.rfind("</think>")) {
        (Some(open), Some(close)) => open > close,
        (open, _) => open.is_some(),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn raise(text: String) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, text))
}

fn strftime_now(format: String) -> Result<String, Error> {
    use std::fmt::Write;
    let mut out = String::new();
    // An unknown letter is an error of the writer, not a panic.
    write!(out, "{}", chrono::Local::now().format(&format))
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("{format:?} is no date")))?;
    Ok(out)
}

/// The template in forms that minijinja knows.
fn rewritten(text: &str) -> String {
    let text = text
        .replace("[::-1]", "|reverse")
        .replace("{% generation %}", "")
        .replace("{% endgeneration %}", "");
    // `range(n, -1, -1)` counts down.
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("range(") {
        let (head, tail) = rest.split_at(at + "range(".len());
        out.push_str(head);
        rest = tail;
        let Some(end) = tail.find(", -1, -1)") else { continue };
        let first = &tail[..end];
        if first.contains([',', ')', '\n']) {
            continue;
        }
        out.push_str(first);
        out.push_str(")|reverse");
        rest = &tail[end + ", -1, -1)".len()..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(role: Role, text: &str) -> Message {
        Message { role, text: text.to_owned() }
    }

    fn rendered(text: &str, messages: &[Message], thinking: bool) -> Result<String, EngineError> {
        let marks = Marks { begin: Some("<s>".into()), ..Marks::default() };
        Template::new(text, marks).unwrap().render(messages, thinking)
    }

    #[test]
    fn turns_are_spelled_as_chatml_spells_them() {
        let text = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content.strip() \
                    + '<|im_end|>' + '\n' }}{% endfor %}\
                    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
        let turns = [turn(Role::System, "Be brief. "), turn(Role::User, "Why?")];
        assert_eq!(
            rendered(text, &turns, false).unwrap(),
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
        );
    }

    #[test]
    fn thoughts_are_asked_for_and_marks_given() {
        let text =
            "{{ bos_token }}{% if enable_thinking %}<think>{% endif %}{% if tools %}x{% endif %}";
        assert_eq!(rendered(text, &[], false).unwrap(), "<s>");
        let open = rendered(text, &[], true).unwrap();
        assert!(opens_thought(&open) && !opens_thought("<think>\n</think>\n"), "{open}");
    }

    #[test]
    fn what_the_template_refuses_is_said() {
        let text = "{{ raise_exception('Roles must alternate') }}";
        let error = rendered(text, &[], false).unwrap_err().to_string();
        assert!(error.ends_with("its chat template says: Roles must alternate"), "{error}");
        assert!(Template::new("{% if %}", Marks::default()).is_err());
        let error = rendered("{{ strftime_now('%Q') }}", &[], false).unwrap_err().to_string();
        assert!(error.contains("is no date"), "{error}");
    }

    #[test]
    fn lists_are_walked_backwards() {
        let turns = [turn(Role::User, "a"), turn(Role::User, "b")];
        let text = "{% for m in messages[::-1] %}{{ m.content }}{% endfor %}";
        assert_eq!(rendered(text, &turns, false).unwrap(), "ba");
        let text = "{% for i in range(messages|length, -1, -1) %}{{ i }}{% endfor %}";
        assert_eq!(rendered(text, &turns, false).unwrap(), "10");
    }
}
