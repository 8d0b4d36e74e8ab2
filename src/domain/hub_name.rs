//! How the hub's cache names the folder of a model: `models--org--name`.

/// What the names of such folders begin with.
const START: &str = "models--";

/// The folder's name of a model, `org/name`.
#[must_use]
pub fn cache_folder(model: &str) -> String {
    format!("{START}{}", model.replace('/', "--"))
}

/// The model, `org/name`, of a folder's name.
#[must_use]
pub fn cached_model(folder: &str) -> Option<String> {
    folder.strip_prefix(START).map(|name| name.replacen("--", "/", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_there_and_back() {
        assert_eq!(cache_folder("Qwen/Qwen3-0.6B"), "models--Qwen--Qwen3-0.6B");
        assert_eq!(cached_model("models--Qwen--Qwen3-0.6B").as_deref(), Some("Qwen/Qwen3-0.6B"));
        assert_eq!(cached_model("models--org--a--b").as_deref(), Some("org/a--b"));
        assert_eq!(cached_model("snapshots"), None);
    }
}
