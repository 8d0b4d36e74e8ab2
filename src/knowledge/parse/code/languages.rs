//! Which files are code, and in which language.

use std::path::Path;
use tree_sitter::Language;

/// Endings of names of files that are read as code.
const EXTENSIONS: &str = " ada adb ads as asm astro awk bash bat bazel bzl c cc cfg cjs cl clj cljc \
    cljs cls cmake cmd cob coffee conf cpp cr cs csh cshtml css cts cu cuh cxx d dart diff dockerfile \
    ebuild edn el elm env erl ex exs f f03 f08 f90 f95 fish for frag fs fsi fsx gd glsl go gql gradle \
    graphql groovy h hcl hh hlsl hpp hrl hs hxx idl ini inl ino ipp ipynb java jl js json json5 jsonc \
    jsonl jsx just kt kts ksh less lisp lock lua m mak metal mjs mk ml mli mm mts nim ninja nix nu pas \
    patch php pl plist pm pp proto properties ps1 psd1 psm1 purs pxd py pyi pyw pyx r rake rb re rkt \
    rs s sass sbt scala scm scss sh sol sql sv svelte svh swift tcl tf tfvars thrift toml ts tsx v vb \
    vert vhd vhdl vim vue wat webidl wgsl xaml xml xsd xsl yaml yml zig zsh ";

/// Names of files that are read as code.
const NAMES: &str = " .bash_profile .bashrc .clang-format .dockerignore .editorconfig .env .eslintrc \
    .gitattributes .gitconfig .gitignore .gitmodules .npmrc .prettierrc .profile .vimrc .zshenv \
    .zshrc brewfile cmakelists.txt containerfile dockerfile earthfile gemfile gnumakefile \
    jenkinsfile justfile makefile meson.build meson_options.txt pkgbuild podfile procfile rakefile \
    sconscript sconstruct snakefile tiltfile vagrantfile ";

/// Whether a file is read as code, by its name and the part of it behind the
/// last dot, both in lower case.
pub(in crate::knowledge::parse) fn is_code(name: &str, extension: &str) -> bool {
    let listed = |list: &str, word: &str| list.split_whitespace().any(|entry| entry == word);
    listed(EXTENSIONS, extension) || listed(NAMES, name) || name.starts_with("dockerfile.")
}

/// The syntax of a file, by its name.
pub(super) fn language(path: &Path) -> Option<Language> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "c" => tree_sitter_c::LANGUAGE.into(),
        // A header may be C or C++, and C reads well as C++.
        "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "inl" | "ipp" | "cu" | "cuh" => {
            tree_sitter_cpp::LANGUAGE.into()
        }
        "go" => tree_sitter_go::LANGUAGE.into(),
        "java" => tree_sitter_java::LANGUAGE.into(),
        "js" | "jsx" | "mjs" | "cjs" => tree_sitter_javascript::LANGUAGE.into(),
        "py" | "pyi" | "pyw" => tree_sitter_python::LANGUAGE.into(),
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        _ => return None,
    })
}
