//! The application: what it knows ([`State`]), what can happen ([`Event`]),
//! what it does about it ([`update`]) and what then has to be done outside
//! ([`Effect`]). Nothing here does IO, waits or draws.

pub mod action;
pub mod command;
mod compared;
pub mod effect;
pub mod event;
pub mod key;
pub mod keymap;
mod markdown;
pub mod popups;
mod scroll;
pub mod state;
mod update;

pub use action::Action;
pub use effect::{Effect, Work};
pub use event::{Event, News};
pub use key::{Key, KeyCode};
pub use state::State;
pub use update::update;
