//! The reader as UQFF, written by the engine's own loader, which quantizes
//! first and then saves what it would run.

use super::*;
use candle_core::Device;
use mistralrs::core::{
    AdapterPaths, DeviceMapSetting, IsqType, LocalModelPaths, ModelDType, ModelPaths,
    NormalLoaderBuilder, NormalSpecificConfig,
};

/// Writes the reader in Q8_0. The engine numbers the files: `q8_0.uqff` becomes
/// `q8_0-0.uqff`, with the rest of the model beside it.
fn write(file: PathBuf) {
    let found = files::folder(&reader()).unwrap();
    let paths: Box<dyn ModelPaths> = Box::new(LocalModelPaths::<PathBuf> {
        tokenizer_filename: found.tokenizer.clone(),
        config_filename: found.config_file.clone(),
        template_filename: Some(found.template.file.clone()),
        filenames: found.weights.clone(),
        adapter_paths: AdapterPaths::None,
        gen_conf: found.generation.clone(),
        preprocessor_config: None,
        processor_config: None,
        chat_template_json_filename: None,
    });
    let config = NormalSpecificConfig { write_uqff: Some(file), ..Default::default() };
    let loader =
        NormalLoaderBuilder::new(config, None, None, Some("reader".to_owned()), false, None)
            .build(None)
            .unwrap();
    let (dtype, map, isq) = (ModelDType::F32, DeviceMapSetting::dummy(), Some(IsqType::Q8_0));
    loader.load_model_from_path(&paths, &dtype, &Device::Cpu, true, map, isq, None).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uqff_model_answers_as_it_did_when_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("q8_0.uqff");
    // On a thread of its own, since the engine never clears what it notes
    // there about quantizing.
    let writer = std::thread::Builder::new().stack_size(LOAD_STACK).spawn(move || write(target));
    writer.unwrap().join().unwrap();

    let first = folder.path().join("q8_0-0.uqff");
    // 32 weights take 34 bytes in Q8_0, and 64 in the source: all of them were
    // quantized.
    let source = std::fs::metadata(reader().join("model.safetensors")).unwrap().len();
    let written = std::fs::metadata(&first).unwrap().len();
    assert!(written * 10 < source * 6, "{written} bytes of {source}");
    assert_eq!(Place::detect(folder.path()).unwrap(), Place::Uqff(first));

    let engine = loaded(folder.path(), "auto").await;
    let original = loaded(&reader(), "q8_0").await;
    // UQFF files don't tell how many numbers they hold.
    let expected = ModelInfo { parameters: 0, ..original.info().clone() };
    assert_eq!(engine.info(), &expected);
    // The same weights to the bit, so the same answers to the letter.
    assert_eq!(ask(&engine).await, ask(&original).await);
}
