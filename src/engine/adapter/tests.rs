//! Adapters as PEFT writes them, and what is made of broken ones.

use super::gguf::permute;
use super::*;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor, safetensors};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/peft")).join(path)
}

fn base(architecture: &str) -> Base {
    let base = Base::of_folder(&fixture(&format!("{architecture}/base"))).unwrap();
    base.with_name(format!("lorag-tests/tiny-{architecture}"))
}

fn opened(path: &str) -> Adapter {
    Adapter::open("a", &fixture(path)).unwrap()
}

/// Why an adapter is refused, at the latest against its base.
fn reason(folder: &Path) -> String {
    let outcome = Adapter::open("a", folder).and_then(|a| check(&a, &base("llama"), false));
    outcome.unwrap_err().to_string()
}

/// A copy of a fixture that may be spoilt.
fn copy(path: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(fixture(path).join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn with_config(key: &str, value: serde_json::Value) -> tempfile::TempDir {
    let folder = copy("llama/adapter");
    let path = folder.path().join("adapter_config.json");
    let mut config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config[key] = value;
    std::fs::write(&path, config.to_string()).unwrap();
    folder
}

/// Finding 6.
#[test]
fn a_check_reads_headers_only_and_only_of_files_that_changed() {
    let folder = copy("llama/adapter");
    let path = folder.path().join("adapter_model.safetensors");
    let outline = Outline::known(folder.path()).unwrap();
    assert_eq!(outline.rank(), 4);
    let opened = Adapter::open("a", folder.path()).unwrap();
    assert_eq!((opened.parameters(), opened.bytes()), (outline.parameters(), outline.bytes()));
    check(&outline, &base("llama"), false).unwrap();
    assert!(Arc::ptr_eq(&outline, &Outline::known(folder.path()).unwrap()), "it was read again");

    // Weights that are no numbers behind the same header.
    let mut bytes = std::fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[header..].fill(0xFF);
    std::fs::write(&path, &bytes).unwrap();
    check(&Outline::of(folder.path()).unwrap(), &base("llama"), false).unwrap();
    let reason = Adapter::open("a", folder.path()).unwrap_err().to_string();
    assert!(reason.contains("no numbers"), "{reason}");

    // Of another length.
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let reason = Outline::known(folder.path()).unwrap_err().to_string();
    assert!(reason.contains("damaged"), "{reason}");
    assert_eq!(Outline::known(folder.path()).unwrap_err().to_string(), reason);
}

#[test]
fn a_folder_of_a_training_names_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let missing = || Adapter::open("a", folder.path()).unwrap_err().to_string();
    assert!(
        missing().contains("it is no adapter: adapter_config.json is missing"),
        "{}",
        missing()
    );
    for name in ["checkpoint-1000", "checkpoint-500", "runs"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in ["checkpoint-1000", "checkpoint-500"] {
        let config = fixture("llama/adapter").join("adapter_config.json");
        std::fs::copy(config, folder.path().join(name).join("adapter_config.json")).unwrap();
    }
    let reason = missing();
    assert!(reason.contains("2 adapters inside: checkpoint-500, checkpoint-1000."), "{reason}");
    let last = folder.path().join("checkpoint-1000");
    assert!(reason.contains(&format!("such as {}", last.display())), "{reason}");
}

#[test]
fn adapters_of_every_architecture_fit_their_base() {
    for architecture in ["llama", "mistral", "qwen2", "qwen3", "phi3"] {
        let adapter = opened(&format!("{architecture}/adapter"));
        check(&adapter, &base(architecture), false).unwrap();
        assert_eq!(adapter.rank(), 4);
    }
    let kinds = opened("llama/adapter").module_kinds();
    let seven = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"];
    assert_eq!(kinds, seven);
    for variant in ["rslora", "patterns", "layers", "regex", "all_linear", "second"] {
        check(&opened(&format!("llama/variants/{variant}")), &base("llama"), false).unwrap();
    }
}

#[test]
fn what_lorag_does_not_apply_is_refused_by_name() {
    for (variant, said) in [
        ("dora", "DoRA"),
        ("modules_to_save", "modules_to_save"),
        ("bias", "biases"),
        ("embedding", "embeddings"),
        ("pickle", "pickled"),
        ("missing", "model.layers.1.mlp.down_proj"),
        ("other_base", "lorag-tests/tiny-llama-48"),
    ] {
        let said_of = reason(&fixture(&format!("llama/variants/{variant}")));
        assert!(said_of.contains(said), "{variant}: {said_of}");
    }
    for (key, value, said) in [
        ("peft_type", serde_json::json!("LOHA"), "LOHA"),
        ("init_lora_weights", serde_json::json!("pissa_niter_4"), "pissa"),
        ("fan_in_fan_out", serde_json::json!(true), "transposed"),
        ("use_newest_trick", serde_json::json!({"on": true}), "`use_newest_trick`"),
        ("rank_pattern", serde_json::json!({".*q": 2}), "regular expression"),
        ("r", serde_json::json!(8), "the rank of"),
        ("base_model_name_or_path", serde_json::json!("org/other"), "org/other"),
    ] {
        let said_of = reason(with_config(key, value).path());
        assert!(said_of.contains(said), "{key}: {said_of}");
    }
    // What says nothing refuses nothing.
    let fine = with_config("use_newest_trick", serde_json::json!(null));
    assert!(Adapter::open("a", fine.path()).is_ok());
}

#[test]
fn another_name_of_the_base_can_be_allowed() {
    let folder = with_config("base_model_name_or_path", serde_json::json!("org/other"));
    let adapter = Adapter::open("a", folder.path()).unwrap();
    assert!(check(&adapter, &base("llama"), false).unwrap_err().to_string().contains("--any-base"));
    check(&adapter, &base("llama"), true).unwrap();
}

#[test]
fn damaged_files_are_told_by_name() {
    let cut = copy("llama/adapter");
    let path = cut.path().join("adapter_model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    assert!(reason(cut.path()).contains("not fetched to its end"));
    std::fs::remove_file(&path).unwrap();
    assert!(reason(cut.path()).contains("adapter_model.safetensors is missing"));
    assert!(reason(&fixture("llama/base")).contains("it is a model, not an adapter"));

    let half = copy("llama/adapter");
    let path = half.path().join("adapter_model.safetensors");
    let mut tensors = safetensors::load(&path, &Device::Cpu).unwrap();
    let name = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";
    let whole = tensors.remove(name).unwrap();
    safetensors::save(&tensors, &path).unwrap();
    assert!(reason(half.path()).contains("only one of lora_A and lora_B"));
    tensors.insert(name.to_owned(), (whole * f64::NAN).unwrap());
    safetensors::save(&tensors, &path).unwrap();
    assert!(reason(half.path()).contains("no numbers"));
}

#[test]
fn quantized_and_unknown_bases_take_no_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.json");
    let said = |text: &str| {
        std::fs::write(&config, text).unwrap();
        Base::of_folder(folder.path()).unwrap_err().to_string()
    };
    let quantized = r#"{"architectures": ["LlamaForCausalLM"], "quantization_config": {"quant_method": "gptq"}}"#;
    assert!(said(quantized).contains("quantized in the files"));
    let unknown = said(r#"{"architectures": ["MambaForCausalLM"]}"#);
    assert!(unknown.contains("MambaForCausalLM") && unknown.contains("Qwen3"), "{unknown}");
}

/// `alpha / r · B·A` of a module, by hand.
fn by_hand(adapter: &str, module: &str, scale: f64) -> Tensor {
    let file = fixture(adapter).join("adapter_model.safetensors");
    let tensors = safetensors::load(file, &Device::Cpu).unwrap();
    let get =
        |half: &str| tensors[&format!("base_model.model.{module}.lora_{half}.weight")].clone();
    (get("B").matmul(&get("A")).unwrap() * scale).unwrap()
}

fn difference(one: &Tensor, other: &Tensor) -> f32 {
    let both = (one - other).unwrap().abs().unwrap();
    both.max_all().unwrap().to_scalar().unwrap()
}

#[test]
fn a_stack_is_the_sum_of_its_scaled_changes() {
    let q = "model.layers.0.self_attn.q_proj";
    let up = "model.layers.0.mlp.up_proj";
    let first = Arc::new(opened("llama/adapter"));
    let second = Arc::new(opened("llama/variants/second"));
    let stack = [(Arc::clone(&first), 1.0), (Arc::clone(&second), 0.5)];
    let combined = Combined::new(&stack, &base("llama")).unwrap();
    assert_eq!((combined.rank, combined.name.as_str()), (6, "a+a*0.5"));
    // alpha is 8 for both, the ranks are 4 and 2.
    let expected = by_hand("llama/adapter", q, 2.0) + by_hand("llama/variants/second", q, 2.0);
    let delta = combined.delta(q).unwrap().unwrap();
    assert!(difference(&delta, &expected.unwrap()) < 1e-5);
    // Where only one of them is, zeros make up the rank.
    let delta = combined.delta(up).unwrap().unwrap();
    assert!(difference(&delta, &by_hand("llama/adapter", up, 2.0)) < 1e-5);
    assert!(combined.delta("model.layers.9.mlp.up_proj").unwrap().is_none());

    let same = Combined::new(&stack, &base("llama")).unwrap();
    assert_eq!(combined.hash, same.hash);
    let other = Combined::new(&[(first, 1.0), (second, 0.6)], &base("llama")).unwrap();
    assert_ne!(combined.hash, other.hash);
}

#[test]
fn what_is_written_is_an_adapter_of_its_own() {
    let combined =
        Combined::new(&[(Arc::new(opened("llama/variants/patterns")), 0.5)], &base("llama"))
            .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.safetensors");
    combined.write(&path).unwrap();
    let tensors = safetensors::load(&path, &Device::Cpu).unwrap();
    for module in combined.modules() {
        let get =
            |half: &str| tensors[&format!("base_model.model.{module}.lora_{half}.weight")].clone();
        assert_eq!(get("A").dims()[0], combined.rank);
        let again = get("B").matmul(&get("A")).unwrap();
        let delta = combined.delta(module).unwrap().unwrap();
        assert!(difference(&again, &delta) < 1e-6);
    }
    let targets = combined.targets();
    assert!(targets.contains(&r"^model\.layers\.1\.self_attn\.q_proj$".to_owned()), "{targets:?}");
}

#[test]
fn rows_are_permuted_as_llama_cpp_does() {
    let (heads, half, columns) = (2, 3, 4);
    let rows = heads * 2 * half;
    let numbers: Vec<f32> = (0..rows * columns).map(|n| n as f32).collect();
    let tensor = Tensor::from_vec(numbers, (rows, columns), &Device::Cpu).unwrap();
    let permuted: Vec<Vec<f32>> = permute(&tensor, heads).unwrap().to_vec2().unwrap();
    for (row, values) in permuted.iter().enumerate() {
        let (head, within) = (row / (2 * half), row % (2 * half));
        let source = head * 2 * half + (within % 2) * half + within / 2;
        assert_eq!(values[0], (source * columns) as f32, "row {row}");
    }
}

/// Name, type and bytes of a tensor in a file.
type Stored = (String, GgmlDType, Vec<u8>);

/// A GGUF model of one layer with two tensors: one that the adapter of `size`
/// changes, one that it leaves alone.
fn merged(kind: GgmlDType, size: f64) -> (MergeReport, Vec<Stored>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let random = |seed: u64, rows: usize, columns: usize, scale: f64| {
        let mut rng = fastrand::Rng::with_seed(seed);
        let values: Vec<f32> =
            (0..rows * columns).map(|_| ((rng.f64() - 0.5) * scale) as f32).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    };
    let weight = QTensor::quantize(&random(1, 64, 256, 0.2), kind).unwrap();
    let other = QTensor::quantize(&random(2, 32, 256, 0.2), GgmlDType::Q6K).unwrap();
    let untouched = other.data().unwrap().into_owned();
    let (architecture, heads) = (Value::String("qwen3".into()), Value::U32(4));
    let metadata =
        [("general.architecture", &architecture), ("qwen3.attention.head_count", &heads)];
    let path = folder.path().join("model.gguf");
    let tensors = [("blk.0.attn_q.weight", &weight), ("token_embd.weight", &other)];
    let mut file = std::fs::File::create(&path).unwrap();
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    let base = Base::of_gguf(&path).unwrap();
    assert_eq!(base.linears["model.layers.0.self_attn.q_proj"], [64, 256]);

    let adapter = folder.path().join("adapter");
    std::fs::create_dir(&adapter).unwrap();
    let config = r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"]}"#;
    std::fs::write(adapter.join("adapter_config.json"), config).unwrap();
    let name =
        |half: &str| format!("base_model.model.model.layers.0.self_attn.q_proj.lora_{half}.weight");
    let halves = [(name("A"), random(3, 2, 256, size)), (name("B"), random(4, 64, 2, 1.0))];
    safetensors::save(&halves.into_iter().collect(), adapter.join("adapter_model.safetensors"))
        .unwrap();
    let adapter = Arc::new(Adapter::open("a", &adapter).unwrap());
    check(&adapter, &base, false).unwrap();
    let combined = Combined::new(&[(adapter, 1.0)], &base).unwrap();
    let out = folder.path().join("merged.gguf");
    let mut steps = Vec::new();
    let report = merge_gguf(&combined, &out, &mut |done, of| {
        steps.push((done, of));
        Ok(())
    })
    .unwrap();
    assert_eq!(steps.last(), Some(&(2, 2)));

    let mut file = std::fs::File::open(&out).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    assert_eq!(content.metadata.len(), 2);
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let tensors = names
        .into_iter()
        .map(|name| {
            let tensor = content.tensor(&mut file, name, &Device::Cpu).unwrap();
            (name.clone(), tensor.dtype(), tensor.data().unwrap().into_owned())
        })
        .collect();
    (report, tensors, untouched)
}

#[test]
fn a_change_that_survives_keeps_the_type_and_the_rest_its_bytes() {
    let (report, tensors, untouched) = merged(GgmlDType::Q4_0, 2.0);
    assert_eq!((report.merged, report.widened.len()), (1, 0), "{report:?}");
    assert!(report.least > 0.9 && report.text().is_none(), "{report:?}");
    assert_eq!(tensors[0].1, GgmlDType::Q4_0);
    assert_eq!(tensors[1].0, "token_embd.weight");
    assert_eq!(tensors[1].2, untouched, "bit by bit");
}

#[test]
fn a_change_that_would_be_rounded_away_is_written_finer() {
    let (report, tensors, _) = merged(GgmlDType::Q4_0, 0.002);
    let [(name, share)] = report.widened.as_slice() else { panic!("{report:?}") };
    assert_eq!(name, "blk.0.attn_q.weight");
    assert!(*share < 0.9, "{report:?}");
    assert!(report.text().unwrap().contains("Q8_0"));
    assert_eq!(tensors[0].1, GgmlDType::Q8_0);
    assert!(report.least > *share, "more of it survives now: {report:?}");
}

#[test]
fn a_scale_that_no_training_gives_is_refused() {
    for (key, value) in [
        ("lora_alpha", serde_json::json!(1e30)),
        ("lora_alpha", serde_json::json!(-1e9)),
        ("alpha_pattern", serde_json::json!({ "q_proj": 1e300 })),
    ] {
        let folder = with_config(key, value);
        let error = Outline::known(folder.path()).unwrap_err().to_string();
        assert!(error.contains("lora_alpha") && error.contains("65536"), "{error}");
    }
}
