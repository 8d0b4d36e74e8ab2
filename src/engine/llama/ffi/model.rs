//! Weights, vocabulary and adapters.

#![expect(unsafe_code, reason = "llama.cpp is a C library")]

use super::call::{Token, begin, forget_said, guarded, path_text, said};
use llama_cpp_sys_2 as sys;
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

// It throws; the generated declaration says that it never does.
unsafe extern "C-unwind" {
    fn llama_tokenize(
        vocab: *const sys::llama_vocab,
        text: *const c_char,
        length: i32,
        tokens: *mut Token,
        room: i32,
        add_special: bool,
        parse_special: bool,
    ) -> i32;
}

/// Weights and vocabulary.
#[derive(Debug)]
pub(in crate::engine::llama) struct Model {
    pub(super) model: NonNull<sys::llama_model>,
    vocab: NonNull<sys::llama_vocab>,
    /// Held while the model's list of adapters changes.
    adapters: Mutex<()>,
}

// SAFETY: a loaded model is only read, but for its adapters, see `adapters`.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

impl Model {
    /// Loads a file. `go_on` is asked now and then, and ends the load by
    /// `false`.
    ///
    /// # Errors
    /// What llama.cpp says.
    pub fn load(path: &Path, go_on: &mut dyn FnMut() -> bool) -> Result<Self, String> {
        unsafe extern "C" fn progress(_: f32, data: *mut c_void) -> bool {
            // SAFETY: `data` is the reference below, which outlives the load.
            let go_on = unsafe { &mut *data.cast::<&mut dyn FnMut() -> bool>() };
            go_on()
        }
        begin();
        forget_said();
        let path = path_text(path)?;
        let mut go_on = go_on;
        // SAFETY: the path and the callback's data live until the call returns.
        let model = unsafe {
            let mut params = sys::llama_model_default_params();
            // GPUs are mistral.rs's, and a computation there can't be ended early.
            params.n_gpu_layers = 0;
            params.progress_callback = Some(progress);
            params.progress_callback_user_data = (&raw mut go_on).cast();
            sys::llama_model_load_from_file(path.as_ptr(), params)
        };
        let model = NonNull::new(model)
            .ok_or_else(|| said().unwrap_or_else(|| "llama.cpp can't load it".to_owned()))?;
        // SAFETY: the model was just loaded.
        let vocab = unsafe { sys::llama_model_get_vocab(model.as_ptr()) }.cast_mut();
        let Some(vocab) = NonNull::new(vocab) else {
            // SAFETY: nothing else has it.
            unsafe { sys::llama_model_free(model.as_ptr()) };
            return Err("it has no vocabulary".to_owned());
        };
        Ok(Self { model, vocab, adapters: Mutex::default() })
    }

    /// The tokens of a text; special tokens are recognised where `special`.
    ///
    /// # Errors
    /// What llama.cpp says.
    pub fn tokenize(&self, text: &str, special: bool) -> Result<Vec<Token>, String> {
        let length = i32::try_from(text.len()).map_err(|_| "the text is too long".to_owned())?;
        let mut tokens: Vec<Token> = vec![0; text.len() / 3 + 16];
        for _ in 0..2 {
            let room = i32::try_from(tokens.len()).unwrap_or(i32::MAX);
            let (vocab, at) = (self.vocab.as_ptr(), tokens.as_mut_ptr());
            // SAFETY: text and buffer are as long as is said.
            let count = guarded(|| unsafe {
                llama_tokenize(vocab, text.as_ptr().cast(), length, at, room, false, special)
            })?;
            if let Ok(count) = usize::try_from(count) {
                tokens.truncate(count);
                return Ok(tokens);
            }
            tokens.resize(count.unsigned_abs() as usize, 0);
        }
        Err("the text can't be cut into tokens".to_owned())
    }

    /// The bytes of a token; of special ones only where `special`.
    pub fn piece(&self, token: Token, special: bool) -> Vec<u8> {
        let mut bytes = vec![0_u8; 32];
        for _ in 0..2 {
            let room = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
            // SAFETY: the buffer is as long as is said.
            let length = unsafe {
                let at = bytes.as_mut_ptr().cast::<c_char>();
                sys::llama_token_to_piece(self.vocab.as_ptr(), token, at, room, 0, special)
            };
            if let Ok(length) = usize::try_from(length) {
                bytes.truncate(length);
                return bytes;
            }
            bytes.resize(length.unsigned_abs() as usize, 0);
        }
        Vec::new()
    }

    /// A token as the vocabulary spells it.
    pub fn text(&self, token: Token) -> Option<String> {
        if token < 0 || token >= self.tokens() {
            return None;
        }
        // SAFETY: the token is in the vocabulary, whose texts live as long as it.
        let text = unsafe { sys::llama_vocab_get_text(self.vocab.as_ptr(), token) };
        // SAFETY: as above.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }

    /// Tokens of the vocabulary.
    pub fn tokens(&self) -> Token {
        // SAFETY: reads a field.
        unsafe { sys::llama_vocab_n_tokens(self.vocab.as_ptr()) }
    }

    /// Whether a token ends an answer.
    pub fn ends(&self, token: Token) -> bool {
        // SAFETY: the vocabulary looks it up in a set.
        unsafe { sys::llama_vocab_is_eog(self.vocab.as_ptr(), token) }
    }

    /// The token that begins a text, where the vocabulary has one.
    pub fn begin_token(&self) -> Option<Token> {
        // SAFETY: reads a field.
        Some(unsafe { sys::llama_vocab_bos(self.vocab.as_ptr()) }).filter(|token| *token >= 0)
    }

    /// The token that ends a text, where the vocabulary has one.
    pub fn end_token(&self) -> Option<Token> {
        // SAFETY: reads a field.
        Some(unsafe { sys::llama_vocab_eos(self.vocab.as_ptr()) }).filter(|token| *token >= 0)
    }

    /// Whether every text begins with [`Model::begin_token`].
    pub fn adds_begin(&self) -> bool {
        // SAFETY: reads a field.
        unsafe { sys::llama_vocab_get_add_bos(self.vocab.as_ptr()) }
    }

    /// Whether it keeps a state instead of keys and values, so that nothing of
    /// what it read can be taken back.
    pub fn is_recurrent(&self) -> bool {
        // SAFETY: reads fields.
        unsafe {
            sys::llama_model_is_recurrent(self.model.as_ptr())
                || sys::llama_model_is_hybrid(self.model.as_ptr())
        }
    }

    /// Whether it writes texts; an encoder or an embedder does not.
    pub fn generates(&self) -> bool {
        // SAFETY: reads fields.
        unsafe {
            sys::llama_model_has_decoder(self.model.as_ptr())
                && !sys::llama_model_has_encoder(self.model.as_ptr())
        }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: contexts and adapters hold the model, so none is left.
        unsafe { sys::llama_model_free(self.model.as_ptr()) }
    }
}

/// A LoRA adapter that fits a model.
#[derive(Debug)]
pub(in crate::engine::llama) struct Adapter {
    pub(super) adapter: NonNull<sys::llama_adapter_lora>,
    model: Arc<Model>,
}

// SAFETY: it is only read after it was loaded.
unsafe impl Send for Adapter {}
// SAFETY: as above.
unsafe impl Sync for Adapter {}

impl Adapter {
    /// Reads a GGUF adapter.
    ///
    /// # Errors
    /// What llama.cpp says, such as that a tensor has another shape.
    pub fn load(model: &Arc<Model>, path: &Path) -> Result<Self, String> {
        forget_said();
        let path = path_text(path)?;
        let adapter = {
            let _held = model.adapters.lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: the list of adapters changes under the lock only.
            unsafe { sys::llama_adapter_lora_init(model.model.as_ptr(), path.as_ptr()) }
        };
        let adapter = NonNull::new(adapter)
            .ok_or_else(|| said().unwrap_or_else(|| "llama.cpp can't read it".to_owned()))?;
        Ok(Self { adapter, model: Arc::clone(model) })
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let _held = self.model.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: contexts hold what they use, so nothing uses it any more.
        unsafe { sys::llama_adapter_lora_free(self.adapter.as_ptr()) }
    }
}
