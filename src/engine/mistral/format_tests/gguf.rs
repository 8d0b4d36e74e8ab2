//! The reader as a GGUF file, without a vocabulary in it.

use super::*;
use crate::engine::fixtures::reader_gguf;
use candle_core::quantized::GgmlDType;

/// The content of the file.
fn content() -> Vec<u8> {
    reader_gguf(GgmlDType::Q8_0, false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gguf_file_answers_as_the_safetensors_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reader-q8_0.gguf");
    std::fs::write(&file, content()).unwrap();
    copy(&["tokenizer.json", "tokenizer_config.json"], folder.path());
    assert_eq!(Place::detect(folder.path()).unwrap(), Place::Gguf(file));

    let engine = loaded(folder.path(), "auto").await;
    let plain = loaded(&reader(), "none").await;
    let info = engine.info();
    assert_eq!(info.quantization, "q8_0");
    assert_eq!(info.window, plain.info().window);
    assert_eq!(info.end_tokens, ["<|im_end|>"]);
    for (said, expected) in ask(&engine).await.iter().zip(&ask(&plain).await) {
        assert_eq!(first_words(&said.free), first_words(&expected.free));
        assert_eq!(said.quoted, expected.quoted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_gguf_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.gguf");
    let mut content = content();
    // Within the header, and within the weights.
    for length in [100, content.len() / 2] {
        std::fs::write(&file, &content[..length]).unwrap();
        let error = refusal(&file, "auto").await;
        assert!(error.contains(&file.display().to_string()), "{error}");
        assert!(error.contains("not fetched to its end"), "{length}: {error}");
    }
    content[..4].copy_from_slice(b"GGML");
    std::fs::write(&file, &content).unwrap();
    let error = refusal(&file, "auto").await;
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains("does not start as a GGUF file"), "{error}");
}
