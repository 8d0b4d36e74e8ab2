//! Which of a server's models answers: with which adapters, how strongly.

use super::models::{Found, ServerModel};
use crate::config::ServerKind;
use crate::domain::Stack;

/// What a request has to name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// The field `model`.
    pub model: String,
    /// Number and scale of every adapter of llama.cpp, those that are off
    /// included.
    pub scales: Vec<(u64, f64)>,
}

impl Selection {
    /// Chooses the adapters of a stack.
    ///
    /// # Errors
    /// Where the server has none of that name, or can't apply them so.
    pub fn new(found: &Found, model: &ServerModel, stack: &Stack) -> Result<Self, String> {
        let kind = found.kind.name();
        let adapters = &model.adapters;
        let missing = |name: &str| {
            let names: Vec<&str> = adapters.iter().map(|a| a.name.as_str()).collect();
            match names.as_slice() {
                [] => format!("has no adapter {name:?} for the model {}, and no others", model.id),
                names => format!(
                    "has no adapter {name:?} for the model {}; it has {}",
                    model.id,
                    names.join(", ")
                ),
            }
        };
        if found.kind == ServerKind::LlamaCpp {
            for applied in &stack.0 {
                if !adapters.iter().any(|adapter| adapter.name == applied.name) {
                    return Err(missing(&applied.name));
                }
            }
            let scale = |name: &str| {
                stack.0.iter().find(|applied| applied.name == name).map_or(0.0, |a| a.scale)
            };
            let scales = adapters
                .iter()
                .filter_map(|adapter| Some((adapter.index?, scale(&adapter.name))))
                .collect();
            return Ok(Self { model: model.id.clone(), scales });
        }
        let named = match stack.0.as_slice() {
            [] => return Ok(Self { model: model.id.clone(), scales: Vec::new() }),
            [one] if (one.scale - 1.0).abs() < f64::EPSILON => &one.name,
            [_] => {
                return Err(format!(
                    "runs {kind}, which applies adapters as they were trained; leave the scale out"
                ));
            }
            _ => {
                return Err(format!(
                    "runs {kind}, which applies one adapter at a time; name one of {stack}"
                ));
            }
        };
        match adapters.iter().find(|adapter| adapter.name == *named) {
            Some(adapter) => Ok(Self { model: adapter.model.clone(), scales: Vec::new() }),
            // LoRAX lists none and fetches those that are named.
            None if found.kind == ServerKind::Lorax => {
                Ok(Self { model: named.clone(), scales: Vec::new() })
            }
            None => Err(missing(named)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::models::ServerAdapter;
    use super::*;

    fn server(kind: ServerKind) -> (Found, ServerModel) {
        let adapter = |name: &str, index: u64| ServerAdapter {
            name: name.to_owned(),
            model: format!("base:{name}"),
            index: (kind == ServerKind::LlamaCpp).then_some(index),
        };
        let model = ServerModel {
            id: "base".to_owned(),
            adapters: vec![adapter("law", 0), adapter("brief", 1)],
            ..ServerModel::default()
        };
        (Found { kind, version: None, models: vec![model.clone()] }, model)
    }

    fn selected(kind: ServerKind, stack: &str) -> Result<(String, Vec<(u64, f64)>), String> {
        let (found, model) = server(kind);
        let selection = Selection::new(&found, &model, &stack.parse().unwrap())?;
        Ok((selection.model, selection.scales))
    }

    #[test]
    fn adapters_are_named_as_the_server_wants_them() {
        let name = |name: &str| Ok((name.to_owned(), Vec::new()));
        assert_eq!(selected(ServerKind::Vllm, "none"), name("base"));
        assert_eq!(selected(ServerKind::Vllm, "law"), name("base:law"));
        assert_eq!(selected(ServerKind::Lorax, "org/any"), name("org/any"));
        let scales = |a, b| Ok(("base".to_owned(), vec![(0, a), (1, b)]));
        assert_eq!(selected(ServerKind::LlamaCpp, "none"), scales(0.0, 0.0));
        assert_eq!(selected(ServerKind::LlamaCpp, "brief*0.5"), scales(0.0, 0.5));
        assert_eq!(selected(ServerKind::LlamaCpp, "brief+law"), scales(1.0, 1.0));
    }

    #[test]
    fn what_a_server_cannot_do_is_said() {
        let error = |kind, stack| selected(kind, stack).unwrap_err();
        assert!(error(ServerKind::Vllm, "law*0.5").contains("as they were trained"));
        assert!(error(ServerKind::Vllm, "law+brief").contains("one adapter at a time"));
        assert!(error(ServerKind::Sglang, "other").contains("it has law, brief"));
        assert!(error(ServerKind::LlamaCpp, "other").contains("it has law, brief"));
    }
}
