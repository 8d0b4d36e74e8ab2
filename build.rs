//! Leaves the symbol table out of the programs, which halves their size.
//! `strip` in the profile would say the same, but cargo drops it for a package
//! that has an override of its own there.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg=-Wl,--strip-all");
    }
}
