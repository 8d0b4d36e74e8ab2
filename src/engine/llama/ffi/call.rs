//! Calls into the library: exceptions and log lines become messages.

#![expect(unsafe_code, reason = "llama.cpp is a C library")]

use llama_cpp_sys_2 as sys;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::Once;

/// A token of a vocabulary.
pub(in crate::engine::llama) type Token = sys::llama_token;

unsafe extern "C" {
    fn lorag_guard(
        call: unsafe extern "C-unwind" fn(*mut c_void) -> c_int,
        data: *mut c_void,
        said: *mut c_char,
        room: usize,
    ) -> c_int;
}

thread_local! {
    /// The last error that llama.cpp wrote to its log on this thread.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `call`, and turns an exception into its message.
pub(super) fn guarded<F: FnMut() -> c_int>(mut call: F) -> Result<c_int, String> {
    unsafe extern "C-unwind" fn run<F: FnMut() -> c_int>(data: *mut c_void) -> c_int {
        // SAFETY: `data` is the closure below, which outlives the call.
        unsafe { (*data.cast::<F>())() }
    }
    let mut said = [0_u8; 512];
    let data = (&raw mut call).cast::<c_void>();
    // SAFETY: the closure and the buffer live until the call returns.
    let result = unsafe { lorag_guard(run::<F>, data, said.as_mut_ptr().cast(), said.len()) };
    if result == c_int::MIN {
        let text = CStr::from_bytes_until_nul(&said).map(CStr::to_string_lossy);
        return Err(text.map_or_else(|_| "an exception".to_owned(), |text| text.into_owned()));
    }
    Ok(result)
}

/// Sends llama.cpp's log to ours, and remembers errors: its functions only
/// return that something failed.
unsafe extern "C" fn log(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a text that ends in a zero.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim_end();
    match level {
        sys::GGML_LOG_LEVEL_ERROR => {
            tracing::debug!(target: "llama.cpp", "{text}");
            // Nothing is to be kept while the thread ends.
            let _ = SAID.try_with(|said| {
                if let Ok(mut said) = said.try_borrow_mut() {
                    // The first error is the cause, the others its consequences.
                    if said.is_empty() {
                        text.clone_into(&mut said);
                    }
                }
            });
        }
        sys::GGML_LOG_LEVEL_WARN => tracing::debug!(target: "llama.cpp", "{text}"),
        _ => tracing::trace!(target: "llama.cpp", "{text}"),
    }
}

/// What llama.cpp said last on this thread, without the names of its functions.
pub(super) fn said() -> Option<String> {
    let text = SAID.with(|said| std::mem::take(&mut *said.borrow_mut()));
    let text = text.split_once(": ").map_or(text.as_str(), |(head, rest)| {
        if head.contains(' ') { text.as_str() } else { rest }
    });
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn forget_said() {
    SAID.with(|said| said.borrow_mut().clear());
}

pub(super) fn begin() {
    static ONCE: Once = Once::new();
    // SAFETY: once, before anything else of the library is used.
    ONCE.call_once(|| unsafe {
        sys::llama_log_set(Some(log), ptr::null_mut());
        sys::llama_backend_init();
    });
}

pub(super) fn path_text(path: &Path) -> Result<CString, String> {
    let text = path.to_str().ok_or("llama.cpp takes only paths in UTF-8")?;
    CString::new(text).map_err(|_| "its path holds a zero".to_owned())
}
