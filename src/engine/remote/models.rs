//! What a server was found to be, with its models and adapters.

use crate::config::ServerKind;

/// A server that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it is.
    pub kind: ServerKind,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// Its models, in its order; empty where it lists none.
    pub models: Vec<ServerModel>,
}

/// A model of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerModel {
    /// Its name there.
    pub id: String,
    /// Other names that mean it.
    pub aliases: Vec<String>,
    /// Tokens of prompt and answer together, where it tells.
    pub window: Option<usize>,
    /// Numbers of its weights; 0 where it doesn't tell.
    pub parameters: u64,
    /// How they are quantized, where it tells.
    pub quantization: Option<String>,
    /// The adapters that can be applied to it.
    pub adapters: Vec<ServerAdapter>,
}

/// An adapter of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAdapter {
    /// Its name in lorag.
    pub name: String,
    /// The name of the model that has it applied; of llama.cpp that of the base.
    pub model: String,
    /// Its number, where the server counts its adapters (llama.cpp).
    pub index: Option<u64>,
}

impl Found {
    /// The model of this name. A short name is enough where it is the only
    /// match, and none where there is but one model. Of a server that lists
    /// nothing, any name is taken.
    ///
    /// # Errors
    /// Where there is none, with those there are.
    pub fn model(&self, wanted: &str) -> Result<ServerModel, String> {
        if let Some(model) = self.models.iter().find(|model| model.id == wanted) {
            return Ok(model.clone());
        }
        let near: Vec<&ServerModel> = match wanted {
            "" => self.models.iter().collect(),
            _ => self.models.iter().filter(|model| model.means(wanted)).collect(),
        };
        match near.as_slice() {
            [one] => return Ok((*one).clone()),
            [] if self.models.is_empty() && !wanted.is_empty() => {
                return Ok(ServerModel { id: wanted.to_owned(), ..ServerModel::default() });
            }
            _ => {}
        }
        let names: Vec<&str> = self.models.iter().take(20).map(ServerModel::label).collect();
        let more = self.models.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(match (wanted, names.as_slice()) {
            ("", []) => "lists no models; name one".to_owned(),
            ("", names) => format!("has several models; name one of {}{more}", names.join(", ")),
            (wanted, names) => {
                format!("has no model {wanted:?}; it has {}{more}", names.join(", "))
            }
        })
    }

    /// Whether it takes a grammar, so that quote mode can hold an answer.
    #[must_use]
    pub fn takes_grammar(&self) -> bool {
        super::dialect::grammar(self.kind).is_some()
    }

    /// Whether it counts tokens.
    #[must_use]
    pub fn counts_tokens(&self) -> bool {
        super::dialect::tokenizes(self.kind)
    }
}

impl ServerModel {
    /// Its name for people: of a file its name, not where it lies there.
    #[must_use]
    pub fn label(&self) -> &str {
        match self.id.strip_suffix(".gguf") {
            Some(path) => path.rsplit(['/', '\\']).next().unwrap_or(path),
            None => &self.id,
        }
    }

    fn means(&self, wanted: &str) -> bool {
        let short = |id: &str| {
            let name = id.rsplit(['/', '\\']).next().unwrap_or(id);
            let name = name.strip_suffix(".gguf").unwrap_or(name);
            name.strip_suffix(":latest").unwrap_or(name).to_owned()
        };
        self.aliases.iter().any(|alias| alias == wanted) || short(&self.id) == short(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ids: &[&str]) -> Found {
        let model = |id: &&str| ServerModel { id: (*id).to_owned(), ..ServerModel::default() };
        Found { kind: ServerKind::OpenAi, version: None, models: ids.iter().map(model).collect() }
    }

    #[test]
    fn models_are_found_by_their_name_and_by_a_short_one() {
        let several = found(&["/models/Small.Q4_1.gguf", "org/large", "llama3:latest"]);
        let id = |wanted: &str| several.model(wanted).map(|model| model.id);
        assert_eq!(id("org/large").unwrap(), "org/large");
        assert_eq!(id("large").unwrap(), "org/large");
        assert_eq!(id("Small.Q4_1").unwrap(), "/models/Small.Q4_1.gguf");
        assert_eq!(id("llama3").unwrap(), "llama3:latest");
        assert_eq!(
            (several.models[0].label(), several.models[1].label()),
            ("Small.Q4_1", "org/large")
        );
        let error = id("other").unwrap_err();
        assert!(error.contains("\"other\"") && error.contains("org/large"), "{error}");
        assert!(id("").unwrap_err().contains("name one of"));
        assert_eq!(found(&["only"]).model("").unwrap().id, "only");
        assert_eq!(found(&[]).model("any/name").unwrap().id, "any/name");
        assert!(found(&[]).model("").is_err());
        assert!(found(&["a/x", "b/x"]).model("x").is_err(), "either could be meant");
    }
}
