//! Tests of lorag as its users meet it: the real binary, the real table, the
//! real built-in models. One binary, since each further one links everything
//! again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod adapters;
mod apart;
mod architecture;
mod ask;
mod cases;
mod common;
mod config;
mod crash;
mod data;
mod eval;
mod faults;
mod format_1;
mod formats;
mod handbook;
mod hub;
mod ingest;
mod mcp;
mod models;
mod names;
mod outside;
mod pty;
mod pypi;
mod repair;
mod repeated;
mod search;
mod sentences;
mod serve;
mod servers;
mod tune;
