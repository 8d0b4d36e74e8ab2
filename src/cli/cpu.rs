//! Which features of the CPU this program needs, for `lorag doctor`. A CPU
//! that lacks them is turned away before `main`, by `src/cpu.c`.
//!
//! The program is compiled for x86-64-v3, since candle chooses its SIMD
//! kernels at compile time. `is_x86_feature_detected!` folds to true for
//! features of the compile target, so CPUID itself is asked.

/// A CPU feature the program is compiled for, and whether this CPU has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its usual name.
    pub name: &'static str,
    /// Whether the CPU and the operating system offer it.
    pub present: bool,
}

/// What is missing, for the user; `None` where nothing is.
#[must_use]
pub fn too_old() -> Option<String> {
    message(&features())
}

fn message(features: &[Feature]) -> Option<String> {
    let missing: Vec<&str> = features.iter().filter(|f| !f.present).map(|f| f.name).collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "lorag: this CPU lacks {}, which this build needs (x86-64-v3: about 2015 and later).\n\
         Build lorag from source with another target-cpu in .cargo/config.toml, or run it on a newer machine.",
        missing.join(", ")
    ))
}

/// Every feature of the baseline. Empty on other architectures, whose baseline
/// is that of the compiler.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn features() -> Vec<Feature> {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    let leaf1 = __cpuid(1);
    let leaf7 = if __cpuid(0).eax >= 7 { __cpuid_count(7, 0).ebx } else { 0 };
    let extended =
        if __cpuid(0x8000_0000).eax >= 0x8000_0001 { __cpuid(0x8000_0001).ecx } else { 0 };
    // The operating system must save the wide registers too.
    let bit = |word: u32, index: u32| word >> index & 1 == 1;
    let saved = bit(leaf1.ecx, 27) && xcr0() & 0b110 == 0b110;
    [
        ("FMA", saved && bit(leaf1.ecx, 12)),
        ("MOVBE", bit(leaf1.ecx, 22)),
        ("AVX", saved && bit(leaf1.ecx, 28)),
        ("F16C", saved && bit(leaf1.ecx, 29)),
        ("BMI1", bit(leaf7, 3)),
        ("AVX2", saved && bit(leaf7, 5)),
        ("BMI2", bit(leaf7, 8)),
        ("LZCNT", bit(extended, 5)),
    ]
    .into_iter()
    .map(|(name, present)| Feature { name, present })
    .collect()
}

/// The register that says which register state the operating system saves.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "XGETBV has no safe form; it reads one register")]
fn xcr0() -> u64 {
    // SAFETY: only called where CPUID reports OSXSAVE, so the instruction
    // exists, and register 0 always does.
    unsafe { std::arch::x86_64::_xgetbv(0) }
}

/// Every feature of the baseline. Empty on other architectures, whose baseline
/// is that of the compiler.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn features() -> Vec<Feature> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_feature_is_named() {
        let features =
            [Feature { name: "AVX2", present: false }, Feature { name: "FMA", present: true }];
        let text = message(&features).unwrap();
        assert!(text.contains("lacks AVX2,") && !text.contains("FMA"), "{text}");
    }

    #[test]
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    fn cpuid_agrees_with_the_kernel() {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let flags = info.lines().find(|l| l.starts_with("flags")).unwrap();
        let kernel: Vec<&str> = flags.split_ascii_whitespace().collect();
        for feature in features() {
            let name = match feature.name {
                "LZCNT" => "abm".to_owned(),
                other => other.to_ascii_lowercase(),
            };
            assert_eq!(feature.present, kernel.contains(&name.as_str()), "{name}");
        }
    }
}
