//! The key-value cache and what is computed with it.

#![expect(unsafe_code, reason = "llama.cpp is a C library")]

use super::call::{Token, forget_said, guarded, said};
use super::model::{Adapter, Model};
use llama_cpp_sys_2 as sys;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

// It throws; the generated declaration says that it never does.
unsafe extern "C-unwind" {
    fn llama_decode(context: *mut sys::llama_context, batch: sys::llama_batch) -> c_int;
}

/// Says whether a computation is still wanted.
type Wanted = Box<dyn Fn() -> bool + Send>;

/// How a context is made.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine::llama) struct Shape {
    /// Tokens that it holds, of all sequences together.
    pub window: usize,
    /// Sequences that it can hold.
    pub sequences: usize,
    /// Most tokens computed at a time.
    pub batch: usize,
    /// Threads.
    pub threads: usize,
    /// Whether keys and values are held in F32, which takes twice the memory of
    /// F16; to compare logits.
    pub exact: bool,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::llama) enum Decoded {
    /// It was computed.
    Whole,
    /// It was not wanted any more, and some of it may be in the cache.
    Stopped,
}

/// The key-value cache and the buffers to compute with.
pub(in crate::engine::llama) struct Context {
    context: NonNull<sys::llama_context>,
    model: Arc<Model>,
    adapter: Option<Arc<Adapter>>,
    /// What llama.cpp asks after each operation.
    wanted: Box<Mutex<Option<Wanted>>>,
}

// SAFETY: nothing of it is bound to the thread that made it.
unsafe impl Send for Context {}

impl Context {
    /// Makes one.
    ///
    /// # Errors
    /// What llama.cpp says, such as that there is not enough memory.
    pub fn new(model: &Arc<Model>, shape: Shape) -> Result<Self, String> {
        unsafe extern "C" fn stop(data: *mut c_void) -> bool {
            // SAFETY: `data` is the box that the context holds.
            let wanted = unsafe { &*data.cast::<Mutex<Option<Wanted>>>() };
            let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.as_ref().is_some_and(|wanted| !wanted())
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let threads = i32::try_from(shape.threads).unwrap_or(1);
        let wanted: Box<Mutex<Option<Wanted>>> = Box::default();
        forget_said();
        // SAFETY: the box is dropped after the context.
        let context = unsafe {
            let mut params = sys::llama_context_default_params();
            params.n_ctx = number(shape.window);
            params.n_batch = number(shape.batch);
            params.n_ubatch = number(shape.batch);
            params.n_seq_max = number(shape.sequences);
            params.n_threads = threads;
            params.n_threads_batch = threads;
            if shape.exact {
                params.type_k = sys::GGML_TYPE_F32;
                params.type_v = sys::GGML_TYPE_F32;
                // The fast way of attention rounds to F16.
                params.flash_attn_type = sys::LLAMA_FLASH_ATTN_TYPE_DISABLED;
            }
            params.kv_unified = true;
            params.swa_full = true;
            params.no_perf = true;
            params.abort_callback = Some(stop);
            params.abort_callback_data = ptr::from_ref(&*wanted).cast_mut().cast();
            sys::llama_init_from_model(model.model.as_ptr(), params)
        };
        let context = NonNull::new(context).ok_or_else(|| {
            said().unwrap_or_else(|| "there is not enough memory for its cache".to_owned())
        })?;
        Ok(Self { context, model: Arc::clone(model), adapter: None, wanted })
    }

    /// From now on computations end early once this says `false`.
    pub fn watch(&mut self, wanted: Option<Wanted>) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
    }

    /// Computes tokens at the end of a sequence that holds `from` of them. The
    /// logits of the last one are there afterwards.
    ///
    /// # Errors
    /// What llama.cpp says. The cache holds none or some of the tokens then.
    pub fn decode(
        &mut self,
        tokens: &[Token],
        from: usize,
        sequence: i32,
    ) -> Result<Decoded, String> {
        let count = tokens.len();
        let mut tokens = tokens.to_vec();
        let mut positions: Vec<i32> =
            (from..from + count).map(|at| i32::try_from(at).unwrap_or(i32::MAX)).collect();
        let mut counts = vec![1_i32; count];
        let mut own = [sequence];
        let mut sequences = vec![own.as_mut_ptr(); count];
        let mut logits = vec![0_i8; count];
        if let Some(last) = logits.last_mut() {
            *last = 1;
        }
        let batch = sys::llama_batch {
            n_tokens: i32::try_from(count).unwrap_or(i32::MAX),
            token: tokens.as_mut_ptr(),
            embd: ptr::null_mut(),
            pos: positions.as_mut_ptr(),
            n_seq_id: counts.as_mut_ptr(),
            seq_id: sequences.as_mut_ptr(),
            logits: logits.as_mut_ptr(),
        };
        forget_said();
        let context = self.context.as_ptr();
        // SAFETY: all lists are as long as is said, and live until it returns.
        match guarded(|| unsafe { llama_decode(context, batch) })? {
            0 => Ok(Decoded::Whole),
            1 => Err("its cache is full".to_owned()),
            2 => Ok(Decoded::Stopped),
            code => {
                let text = said().unwrap_or_else(|| "llama.cpp can't compute it".to_owned());
                Err(format!("{text} (code {code})"))
            }
        }
    }

    /// The logits of the last token that was computed; an empty list where there
    /// are none.
    pub fn logits(&self) -> &[f32] {
        // SAFETY: llama.cpp checks the index; -1 is the last one.
        let at = unsafe { sys::llama_get_logits_ith(self.context.as_ptr(), -1) };
        if at.is_null() {
            return &[];
        }
        let length = usize::try_from(self.model.tokens()).unwrap_or(0);
        // SAFETY: there is one for each token, until the next batch, for which
        // `decode` borrows the context mutably.
        unsafe { std::slice::from_raw_parts(at, length) }
    }

    /// Takes back what a sequence holds from the token `from` on. False where
    /// that can't be done, and then the sequence is as it was.
    pub fn take_back(&mut self, sequence: i32, from: usize) -> bool {
        let from = i32::try_from(from).unwrap_or(i32::MAX);
        // SAFETY: llama.cpp checks sequence and positions.
        unsafe {
            let memory = sys::llama_get_memory(self.context.as_ptr());
            sys::llama_memory_seq_rm(memory, sequence, from, -1)
        }
    }

    /// Lets `to`, which must be empty, begin with the first `length` tokens of
    /// another sequence; they are held once.
    pub fn share(&mut self, sequence: i32, to: i32, length: usize) {
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        // SAFETY: as above.
        unsafe {
            let memory = sys::llama_get_memory(self.context.as_ptr());
            sys::llama_memory_seq_cp(memory, sequence, to, 0, length);
        }
    }

    /// Computes with this adapter from now on, or with none.
    ///
    /// # Errors
    /// What llama.cpp says.
    pub fn adapt(&mut self, adapter: Option<Arc<Adapter>>) -> Result<(), String> {
        let mut list: Vec<*mut sys::llama_adapter_lora> =
            adapter.iter().map(|adapter| adapter.adapter.as_ptr()).collect();
        let mut scales = vec![1.0_f32; list.len()];
        // SAFETY: both lists have the same length, and the adapter is held
        // until another one takes its place.
        let code = unsafe {
            let context = self.context.as_ptr();
            sys::llama_set_adapters_lora(
                context,
                list.as_mut_ptr(),
                list.len(),
                scales.as_mut_ptr(),
            )
        };
        if code != 0 {
            return Err(said().unwrap_or_else(|| "the adapter can't be applied".to_owned()));
        }
        self.adapter = adapter;
        Ok(())
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: nothing else has it. Model, adapter and box are dropped later.
        unsafe { sys::llama_free(self.context.as_ptr()) }
    }
}
