//! Which models there are, and which one a name means.

use super::folders::Folders;
use super::keeper::{Keeper, Kept};
use super::{llama_cpp, lm_studio, ollama};

/// The models that other programs keep, sorted by program and name; what is
/// damaged is among them, with the reason.
#[must_use]
pub fn list_kept(folders: &Folders) -> Vec<Kept> {
    let mut all: Vec<Kept> =
        Keeper::ALL.into_iter().flat_map(|keeper| of(folders, keeper)).collect();
    all.sort_by(|a, b| (a.keeper, &a.name).cmp(&(b.keeper, &b.name)));
    // The same name in two folders: the first one counts.
    all.dedup_by(|later, first| later.name == first.name);
    all
}

/// The model that a name such as `ollama:smollm2:135m` means. Nothing where it
/// begins as none of these names do; `Some(Err)` says why there is no model.
#[must_use]
pub fn find_kept(folders: &Folders, name: &str) -> Option<Result<Kept, String>> {
    let keeper = Keeper::ALL.into_iter().find(|keeper| name.starts_with(keeper.scheme()))?;
    let wanted = match keeper {
        Keeper::Ollama => ollama::tagged(name),
        Keeper::LlamaCpp => llama_cpp::stem(name).to_owned(),
        Keeper::LmStudio => name.to_owned(),
    };
    let kept = of(folders, keeper);
    let found = kept.iter().find(|model| model.name == wanted);
    Some(found.cloned().ok_or_else(|| {
        let names: Vec<&str> = kept.iter().map(|model| model.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("{} keeps no models on this machine", keeper.name()),
            names => format!("{} keeps no model {name}; it has {}", keeper.name(), few(names)),
        }
    }))
}

/// The models of one program.
fn of(folders: &Folders, keeper: Keeper) -> Vec<Kept> {
    let list = match keeper {
        Keeper::LlamaCpp => llama_cpp::list,
        Keeper::Ollama => ollama::list,
        Keeper::LmStudio => lm_studio::list,
    };
    folders.of(keeper).iter().flat_map(|root| list(root)).collect()
}

fn few(names: &[&str]) -> String {
    let shown = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 8 { format!("{shown} and {} more", names.len() - 8) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn write(root: &Path, name: &str, content: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn folders(root: &Path) -> Folders {
        Folders {
            llama_cpp: vec![root.join("llama")],
            ollama: vec![root.join("ollama")],
            lm_studio: vec![root.join("lm"), root.join("older")],
        }
    }

    fn manifest(digest: &str, size: usize) -> String {
        format!(
            r#"{{"layers": [{{"mediaType": "application/vnd.ollama.image.template", "digest": "x"}},
            {{"mediaType": "application/vnd.ollama.image.model", "digest": "{digest}", "size": {size}}}]}}"#
        )
    }

    #[test]
    fn every_programs_models_are_found_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "llama/org_repo_m-Q4_0.gguf", "GGUF");
        write(root, "llama/org_repo_m-Q4_0.gguf.json", "{}");
        write(root, "llama/big-00001-of-00002.gguf", "GGUF");
        write(root, "llama/big-00002-of-00002.gguf", "GG");
        write(root, "llama/cut-00001-of-00003.gguf", "GGUF");
        write(root, "lm/org/one/m.gguf", "GGUF");
        write(root, "lm/org/one/mmproj-m.gguf", "GGUF");
        write(root, "lm/org/two/a.gguf", "GGUF");
        write(root, "lm/org/two/b.gguf", "GGUF");
        write(root, "lm/org/mlx/config.json", "{}");
        write(root, "lm/org/mlx/model.safetensors", "x");
        write(root, "lm/stray.gguf", "GGUF");
        write(root, "older/org/one/m.gguf", "GGUF");
        let digits = "ab".repeat(32);
        let library = "ollama/manifests/registry.ollama.ai/library";
        write(root, &format!("ollama/blobs/sha256-{digits}"), "GGUF");
        write(root, &format!("{library}/smollm2/135m"), &manifest(&format!("sha256:{digits}"), 4));
        write(
            root,
            &format!("{library}/smollm2/latest"),
            &manifest(&format!("sha256:{digits}"), 5),
        );
        write(root, &format!("{library}/bad/a"), "{\"layers\": 7}");
        write(root, &format!("{library}/bad/b"), &manifest("sha256:../../etc/passwd", 4));
        write(root, &format!("{library}/bad/c"), "{\"layers\": []}");
        write(
            root,
            &format!("{library}/bad/d"),
            &manifest(&format!("sha256:{}", "0".repeat(64)), 9),
        );
        write(root, &format!("{library}/bad/e"), &"x".repeat(2 << 20));
        let folders = folders(root);
        let all = list_kept(&folders);
        let shown: Vec<String> = all
            .iter()
            .map(|model| match &model.path {
                Ok(path) => {
                    let path = path.strip_prefix(root).unwrap().display();
                    format!("{} {} {path}", model.name, model.bytes)
                }
                Err(reason) => format!("{} {} ({reason})", model.name, model.bytes),
            })
            .collect();
        let blob = format!("ollama/blobs/sha256-{digits}");
        let starts = [
            "llama.cpp:big-00001-of-00002 6 llama/big-00001-of-00002.gguf".to_owned(),
            "llama.cpp:cut-00001-of-00003 4 (some of its parts are missing)".to_owned(),
            "llama.cpp:org_repo_m-Q4_0 4 llama/org_repo_m-Q4_0.gguf".to_owned(),
            "ollama:bad:a 0 (its manifest is damaged".to_owned(),
            "ollama:bad:b 0 (its manifest is damaged: a checksum is none)".to_owned(),
            "ollama:bad:c 0 (its manifest names no weights".to_owned(),
            "ollama:bad:d 9 (its weights are missing".to_owned(),
            "ollama:bad:e 0 (its manifest is damaged: it is too large)".to_owned(),
            format!("ollama:smollm2:135m 4 {blob}"),
            "ollama:smollm2:latest 4 (its weights are not whole".to_owned(),
            "lmstudio:org/mlx 3 lm/org/mlx".to_owned(),
            "lmstudio:org/one 4 lm/org/one/m.gguf".to_owned(),
            "lmstudio:org/two/a.gguf 4 lm/org/two/a.gguf".to_owned(),
            "lmstudio:org/two/b.gguf 4 lm/org/two/b.gguf".to_owned(),
        ];
        assert_eq!(shown.len(), starts.len(), "{shown:#?}");
        for (shown, start) in shown.iter().zip(&starts) {
            assert!(shown.starts_with(start.as_str()), "{shown} is not {start}");
        }
        let found = |name: &str| find_kept(&folders, name).map(|found| found.map(|m| m.name));
        for model in &all {
            assert_eq!(found(&model.name), Some(Ok(model.name.clone())));
        }
        assert_eq!(found("ollama:smollm2"), Some(Ok("ollama:smollm2:latest".to_owned())));
        let named = found("llama.cpp:org_repo_m-Q4_0.gguf").unwrap().unwrap();
        assert_eq!(named, "llama.cpp:org_repo_m-Q4_0");
        assert_eq!(found("org/name"), None);
        let reason = found("ollama:other").unwrap().unwrap_err();
        assert!(reason.contains("it has ollama:bad:a, "), "{reason}");
        let nothing = find_kept(&Folders::default(), "ollama:x").unwrap().unwrap_err();
        assert!(nothing.contains("keeps no models"), "{nothing}");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_pipes_and_deep_trees_are_left_out() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "elsewhere/org/out/m.gguf", "GGUF");
        write(root, "lm/org/in/m.gguf", "GGUF");
        symlink(root.join("elsewhere/org"), root.join("lm/linked")).unwrap();
        symlink(root.join("lm"), root.join("lm/org/loop")).unwrap();
        symlink(root.join("elsewhere/org/out/m.gguf"), root.join("lm/org/in/n.gguf")).unwrap();
        symlink("/nowhere", root.join("lm/org/in/o.gguf")).unwrap();
        symlink("/dev/zero", root.join("lm/org/in/p.gguf")).unwrap();
        let deep = format!("lm/{}", "d/".repeat(200));
        write(root, &format!("{deep}m.gguf"), "GGUF");
        for n in 0..6_000 {
            fs::write(root.join(format!("llama-{n}")), "").unwrap();
        }
        fs::create_dir(root.join("llama")).unwrap();
        let names: Vec<String> =
            list_kept(&folders(root)).into_iter().map(|model| model.name).collect();
        assert_eq!(names, ["lmstudio:org/in/m.gguf", "lmstudio:org/in/n.gguf"]);
        let begun = std::time::Instant::now();
        let many = Folders { llama_cpp: vec![root.to_owned()], ..Folders::default() };
        assert!(list_kept(&many).len() < 6_000);
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
