//! How to talk to one model: prompt form, window, evidence, quote form.
//!
//! A model or an adapter brings it as `lorag.toml` beside its weights;
//! `[models.NAME]` in `config.toml` overrides single fields. Fields left out
//! take the defaults of [`Manner`].

use super::schema::{QUOTE, SOURCE, USER, missing};
use serde::{Deserialize, Serialize};

/// A manifest as written, every field optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One line about the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Of an adapter: whether it is used with every model whose shapes fit,
    /// whatever its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_base: Option<bool>,
    /// Whether the model can answer from what it learned, without sources; it
    /// can where this is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alone: Option<bool>,
    /// Prompt form.
    pub prompt: PromptPart,
    /// What of the sources goes into the prompt.
    pub evidence: EvidencePart,
    /// Quote mode.
    pub quote: QuotePart,
    /// Sampling.
    pub sampling: SamplingPart,
}

impl Manifest {
    /// Checks that the templates hold the placeholders they can't do without.
    ///
    /// # Errors
    /// The first template that lacks one.
    pub fn check(&self) -> Result<(), TemplateError> {
        let templates: [(&'static str, Option<&String>, &[&'static str]); 3] = [
            ("prompt.user", self.prompt.user.as_ref(), USER),
            ("prompt.source", self.prompt.source.as_ref(), SOURCE),
            ("quote.template", self.quote.template.as_ref(), QUOTE),
        ];
        for (key, text, placeholders) in templates {
            let lacking = text.map(|text| missing(text, placeholders)).unwrap_or_default();
            if let Some(&placeholder) = lacking.first() {
                return Err(TemplateError { key, placeholder });
            }
        }
        Ok(())
    }
}

/// A template of a manifest that lacks a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: the placeholder {placeholder} is missing")]
pub struct TemplateError {
    /// Dotted key of the template.
    pub key: &'static str,
    /// What is missing, with its braces.
    pub placeholder: &'static str,
}

/// `[prompt]` of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromptPart {
    /// System text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// System text in the modes that read no sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_alone: Option<String>,
    /// Questions with their answers that the model is shown first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<Vec<Example>>,
    /// User text with `{question}` and `{sources}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// One source, with `{n}`, `{heading}` and `{text}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether earlier turns are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<bool>,
    /// Tokens of prompt and answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Tokens kept for the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve: Option<usize>,
    /// The sentence that says the sources don't answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_answer: Option<String>,
}

/// A question and its answer, as the model is to give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// `[evidence]` of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvidencePart {
    /// How many of the best sentences of all hits the prompt holds; whole
    /// passages where 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentences: Option<usize>,
    /// How many of the best hits sentences are taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<usize>,
    /// `best` first, or as in the `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// Order of sources and of the sentences within one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Best first.
    Best,
    /// Sources by rank, sentences as they stand in the file.
    #[default]
    Source,
}

/// `[quote]` of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotePart {
    /// Whether quote mode is on where the user says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    /// One quote, with `{quote}` and `{n}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What stands between two quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<String>,
    /// `sentence`, or `words`: a run of words within one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<QuoteUnit>,
    /// Most quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    /// Only sentences that score this close to the best one are offered, for
    /// models that choose worse than the score; all that are in the prompt
    /// where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// Probability below which the sources are taken not to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
}

/// What is quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteUnit {
    /// Whole sentences.
    #[default]
    Sentence,
    /// A run of words within one sentence.
    Words,
}

/// `[sampling]` of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingPart {
    /// Temperature; 0 takes the likeliest token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
}

/// A manifest with every field decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// Whether the model can answer without sources.
    pub alone: bool,
    /// System text.
    pub system: String,
    /// System text in the modes that read no sources.
    pub system_alone: String,
    /// Questions with their answers that the model is shown first.
    pub examples: Vec<Example>,
    /// Sources and questions with their answers that the model is shown before
    /// these, where it reads sources. No manifest sets them.
    pub reading: Vec<Example>,
    /// User text with `{question}` and `{sources}`.
    pub user: String,
    /// One source, with `{n}`, `{heading}` and `{text}`.
    pub source: String,
    /// Whether earlier turns are sent.
    pub history: bool,
    /// Tokens of prompt and answer together; the model's own where `None`.
    pub window: Option<usize>,
    /// Tokens kept for the answer; `generation.max_tokens` where `None`.
    pub reserve: Option<usize>,
    /// The sentence that says the sources don't answer.
    pub no_answer: String,
    /// Best sentences in the prompt; whole passages where 0.
    pub sentences: usize,
    /// Hits that sentences are taken from.
    pub hits: usize,
    /// Order of sources and sentences.
    pub order: Order,
    /// Whether quote mode is on where the user says nothing.
    pub quote: bool,
    /// One quote, with `{quote}` and `{n}`.
    pub quote_template: String,
    /// What stands between two quotes.
    pub quote_join: String,
    /// What is quoted.
    pub quote_unit: QuoteUnit,
    /// Most quotes; the setting where `None`.
    pub quote_max: Option<usize>,
    /// Only sentences that score this close to the best one are offered.
    pub quote_margin: Option<f32>,
    /// Probability below which the sources are taken not to answer.
    pub quote_threshold: Option<f32>,
    /// Temperature; the setting where `None`.
    pub temperature: Option<f64>,
    /// Nucleus sampling; the setting where `None`.
    pub top_p: Option<f64>,
    /// What holds the model from repeating itself in free answers.
    pub repetition: Repetition,
}

/// What holds a model from repeating itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repetition {
    /// Divides the logits of tokens that the answer had lately; 1 does nothing.
    pub penalty: f32,
    /// Taken off the logit of a token that goes on with a repeated run; 0 does
    /// nothing.
    pub dry: f32,
}

impl Default for Repetition {
    fn default() -> Self {
        Self { penalty: 1.0, dry: 0.0 }
    }
}

/// The system text for models without a manifest.
const SYSTEM: &str = "You answer questions from the numbered sources that the user gives you, and from nothing else. Cite the source of every claim as [n], right behind the claim, for example: The cache is emptied at midnight [2]. If the sources do not answer the question, reply only: The sources do not answer this.";

/// The system text for models without a manifest, where no sources are read.
const SYSTEM_ALONE: &str =
    "You answer questions briefly and truthfully. If you do not know the answer, say so.";

impl Default for Manner {
    fn default() -> Self {
        Self {
            alone: true,
            system: SYSTEM.to_owned(),
            system_alone: SYSTEM_ALONE.to_owned(),
            examples: Vec::new(),
            reading: Vec::new(),
            user: "Question: {question}\n\nSources:\n\n{sources}\n\nQuestion: {question}"
                .to_owned(),
            source: "[{n}] {heading}\n{text}\n".to_owned(),
            history: true,
            window: None,
            reserve: None,
            no_answer: "The sources do not answer this.".to_owned(),
            sentences: 0,
            hits: 4,
            order: Order::Source,
            quote: false,
            quote_template: "{quote} [{n}]".to_owned(),
            quote_join: "\n".to_owned(),
            quote_unit: QuoteUnit::Sentence,
            quote_max: None,
            quote_threshold: Some(0.06),
            quote_margin: None,
            temperature: None,
            top_p: None,
            repetition: Repetition::default(),
        }
    }
}

impl Manner {
    /// Lays a manifest over this manner; its fields win.
    #[must_use]
    pub fn with(mut self, manifest: &Manifest) -> Self {
        fn put<T: Clone>(to: &mut T, from: Option<&T>) {
            if let Some(value) = from {
                to.clone_from(value);
            }
        }
        let Manifest { alone, prompt, evidence, quote, sampling, .. } = manifest;
        put(&mut self.alone, alone.as_ref());
        put(&mut self.system, prompt.system.as_ref());
        put(&mut self.system_alone, prompt.system_alone.as_ref());
        put(&mut self.examples, prompt.examples.as_ref());
        put(&mut self.user, prompt.user.as_ref());
        put(&mut self.source, prompt.source.as_ref());
        put(&mut self.history, prompt.history.as_ref());
        put(&mut self.no_answer, prompt.no_answer.as_ref());
        put(&mut self.sentences, evidence.sentences.as_ref());
        put(&mut self.hits, evidence.hits.as_ref());
        put(&mut self.order, evidence.order.as_ref());
        put(&mut self.quote, quote.default.as_ref());
        put(&mut self.quote_template, quote.template.as_ref());
        put(&mut self.quote_join, quote.join.as_ref());
        put(&mut self.quote_unit, quote.unit.as_ref());
        self.window = prompt.window.or(self.window);
        self.reserve = prompt.reserve.or(self.reserve);
        self.quote_max = quote.max.or(self.quote_max);
        self.quote_margin = quote.margin.or(self.quote_margin);
        self.quote_threshold = quote.threshold.or(self.quote_threshold);
        self.temperature = sampling.temperature.or(self.temperature);
        self.top_p = sampling.top_p.or(self.top_p);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_need_their_placeholders() {
        assert_eq!(Manifest::default().check(), Ok(()));
        let mut manifest = Manifest::default();
        manifest.prompt.user = Some("{question}\n{sources}".to_owned());
        manifest.prompt.source = Some("[{n}] {text}".to_owned());
        manifest.quote.template = Some("{quote} [{n}]".to_owned());
        assert_eq!(manifest.check(), Ok(()));

        manifest.quote.template = Some("{quote}".to_owned());
        let error = manifest.check().unwrap_err();
        assert_eq!(error.to_string(), "quote.template: the placeholder {n} is missing");
        manifest.prompt.source = Some("{heading}".to_owned());
        assert_eq!(manifest.check().unwrap_err().key, "prompt.source");
        manifest.prompt.user = Some("{sources}".to_owned());
        assert_eq!(manifest.check().unwrap_err().placeholder, "{question}");
    }

    #[test]
    fn a_manifest_wins_over_the_defaults_only_where_it_says_something() {
        let mut manifest = Manifest::default();
        manifest.prompt.window = Some(448);
        manifest.quote.default = Some(true);
        let manner = Manner::default().with(&manifest);
        assert_eq!(manner.window, Some(448));
        assert!(manner.quote);
        assert_eq!(manner.user, Manner::default().user);
        assert_eq!(manner.temperature, None);
    }
}
