//! Compiles the check of the CPU and the guard around llama.cpp, tells the program which engines it is built with, for `lorag doctor`, and
//! leaves the symbol table out of the programs, which halves their size.
//! `strip` in the profile would say the same, but cargo drops it for a package
//! that has an override of its own there.

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    for name in ["mistralrs", "lancedb", "llama-cpp-sys-2"] {
        let version = lock
            .split_once(&format!("name = \"{name}\"\nversion = \""))
            .and_then(|(_, rest)| rest.split('"').next())
            .unwrap_or("unknown");
        println!("cargo:rustc-env=VERSION_{}={version}", name.to_uppercase().replace('-', "_"));
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/cpu.c");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64")
        && std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("unix")
    {
        // For any x86-64, whatever the Rust code is compiled for. Nothing calls
        // it, so the linker has to be told to keep it.
        cc::Build::new()
            .file("src/cpu.c")
            .inherit_rustflags(false)
            .link_lib_modifier("+whole-archive")
            .compile("lorag_cpu");
    }
    println!("cargo:rerun-if-changed=src/engine/llama/guard.cpp");
    if std::env::var_os("CARGO_FEATURE_LLAMA").is_some() {
        cc::Build::new().cpp(true).file("src/engine/llama/guard.cpp").compile("lorag_guard");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg=-Wl,--strip-all");
    }
}
