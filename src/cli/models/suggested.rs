//! Models that fit common machines.

/// Models worth pulling: hub id, parameters, memory of 4-bit weights with a
/// short context, and what for.
pub const SUGGESTED: &[(&str, &str, &str, &str)] = &[
    ("Qwen/Qwen3-0.6B", "0.6 B", "about 1 GB", "the smallest that writes fluent answers"),
    ("Qwen/Qwen3-1.7B", "1.7 B", "about 2 GB", "a good start on a laptop"),
    ("HuggingFaceTB/SmolLM3-3B", "3 B", "about 3 GB", "long contexts, six languages"),
    ("meta-llama/Llama-3.2-3B-Instruct", "3 B", "about 3 GB", "gated: accept its licence first"),
    ("google/gemma-2-2b-it", "2.6 B", "about 3 GB", "gated: accept its licence first"),
    ("Qwen/Qwen3-4B", "4 B", "about 4 GB", "reliable citations"),
    ("Qwen/Qwen3-8B", "8 B", "about 6 GB", "the best of these"),
];
