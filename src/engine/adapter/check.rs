//! Whether an adapter belongs to a model.

use super::super::EngineError;
use super::base::Base;
use super::fault::refused;
use super::outline::Outline;

/// Holds an adapter against a base model: shapes, modules, missing layers, and
/// the name of the model it was made for unless `any_base` says that this does
/// not matter.
///
/// # Errors
/// [`EngineError::Load`] with what does not fit, and what to do.
pub fn check(adapter: &Outline, base: &Base, any_base: bool) -> Result<(), EngineError> {
    let folder = &adapter.folder;
    let made_for = adapter.base_model().unwrap_or("a model it does not name");
    let this = base.name();
    for (module, shape) in &adapter.shapes {
        let Some([out, inner]) = base.linears.get(module) else {
            return Err(refused(
                folder,
                format!(
                    "it was made for another model: it changes {module}, which {this} does not have; it was made for {made_for}"
                ),
            ));
        };
        let (rows, columns) = (shape.out, shape.inner);
        if (rows, columns) != (*out, *inner) {
            return Err(refused(
                folder,
                format!(
                    "it was made for another model: {module} is {out} x {inner} in {this}, and {rows} x {columns} in the adapter, which was made for {made_for}"
                ),
            ));
        }
    }
    let missing: Vec<&String> = base
        .linears
        .keys()
        .filter(|module| adapter.config.wants(module) && !adapter.shapes.contains_key(*module))
        .collect();
    if let Some(first) = missing.first() {
        return Err(refused(
            folder,
            format!(
                "it is not whole: its config has {first} trained, and its file holds nothing for it ({} modules are missing): fetch or save it again",
                missing.len()
            ),
        ));
    }
    match adapter.base_model() {
        Some(name) if !any_base && !base.names.iter().any(|own| same(own, name)) => Err(refused(
            folder,
            format!(
                "it was made for {name}, and this model is {this}. The shapes fit; if it is the same model under another name, say so: lorag adapters add {} --any-base, or any_base = true in its lorag.toml",
                folder.display()
            ),
        )),
        _ => Ok(()),
    }
}

/// What people put behind a model's name that leaves its weights the same but
/// for their form.
const FORMS: &[&str] = &["gguf", "unsloth", "bnb4bit", "bnb8bit", "4bit", "8bit", "safetensors"];

/// Whether two names are of the same model: the last part counts, without case,
/// signs, and what only tells the form of the weights.
fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(name: &str) -> String {
    let name = name.trim_end_matches(['/', '\\']);
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let last = last.split('@').next().unwrap_or(last);
    let last = last.strip_suffix(".gguf").unwrap_or(last).to_lowercase();
    let mut parts: Vec<&str> = last.split(['-', '_', ' ']).collect();
    // A quantization, such as Q4_K_M, whose signs are those between parts.
    while let Some(start) = parts.iter().position(|part| is_quantization(part)) {
        parts.truncate(start.max(1));
        if start == 0 {
            break;
        }
    }
    let mut plain: String = parts.concat();
    plain.retain(|c| c.is_alphanumeric() || c == '.');
    while let Some(shorter) = FORMS.iter().find_map(|form| plain.strip_suffix(form)) {
        plain = shorter.to_owned();
    }
    plain
}

fn is_quantization(part: &str) -> bool {
    let rest = part.strip_prefix("iq").or_else(|| part.strip_prefix('q'));
    let number = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    (number && part.len() <= 5) || matches!(part, "f16" | "f32" | "bf16")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_same_model_are_known_as_such() {
        for (one, other) in [
            ("Qwen/Qwen3-0.6B", "qwen3-0.6b"),
            ("unsloth/Qwen3-0.6B-unsloth-bnb-4bit", "Qwen/Qwen3-0.6B"),
            ("Qwen3-0.6B-Q4_K_M.gguf", "Qwen/Qwen3-0.6B"),
            ("/models/Qwen3-0.6B/", "Qwen/Qwen3-0.6B@main"),
            ("Qwen3 0.6B", "Qwen/Qwen3-0.6B"),
        ] {
            assert!(same(one, other), "{one} {other}: {} {}", plain(one), plain(other));
        }
        for (one, other) in [
            ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B-Base"),
            ("Llama-3.2-3B", "Llama-3.2-3B-Instruct"),
            ("Qwen3-1.7B", "Qwen3-17B"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
