//! Limits on the threads of libraries, which they read from the environment.

/// Limits that libraries read from the environment. Call it first in `main`,
/// before any thread runs.
#[expect(unsafe_code, reason = "the environment may only be changed while one thread runs")]
pub fn set_thread_limits() {
    // Lance keeps cores back for itself and would leave one thread on two
    // cores; a value the user set stays.
    if std::env::var_os("LANCE_CPU_THREADS").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: called at the start of `main`, with no other thread running.
        unsafe { std::env::set_var("LANCE_CPU_THREADS", cores.to_string()) };
    }
}

/// Limits the threads of the model to the setting; 0 leaves it to the library,
/// which takes every core. Call it before the runtime starts.
#[expect(unsafe_code, reason = "the environment may only be changed while one thread runs")]
pub(super) fn set_model_threads(threads: usize) {
    if threads > 0 {
        // SAFETY: the runtime, which makes the first thread, comes later.
        unsafe { std::env::set_var("RAYON_NUM_THREADS", threads.to_string()) };
    }
}
