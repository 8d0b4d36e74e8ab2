//! What may lie over the panes, in a stack: the topmost popup gets the keys.
//!
//! Each kind has a file of its own here, with its state and what it does with
//! what comes to it ([`Layered`]), and one of the same name in `ui/popups`,
//! which draws it. The list of kinds is [`Popup`].

mod compare;
mod confirm;
mod help;
mod layer;
mod picker;
mod prompt;
mod task;
mod tune;
mod viewer;

pub use compare::{Compare, CompareColumn};
pub use confirm::Confirm;
pub use help::Help;
pub use layer::{Accept, Close, Layered, Moved};
pub use picker::{Match, Picker, PickerKind, PickerRow, is_fetchable};
pub use prompt::{Prompt, PromptFor};
pub use task::Task;
pub use tune::Tune;
pub use viewer::{Highlight, Viewer, ViewerContent};

use std::ops::{Deref, DerefMut};

/// The kinds of popups.
macro_rules! popups {
    ($($(#[$about:meta])* $name:ident($kind:ty)),* $(,)?) => {
        /// A popup; the topmost one gets the keys.
        #[derive(Clone, Debug)]
        pub enum Popup {
            $($(#[$about])* $name(Box<$kind>),)*
        }

        impl Deref for Popup {
            type Target = dyn Layered;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$name(popup) => &**popup,)*
                }
            }
        }

        impl DerefMut for Popup {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $(Self::$name(popup) => &mut **popup,)*
                }
            }
        }

        $(impl From<$kind> for Popup {
            fn from(popup: $kind) -> Self {
                Self::$name(Box::new(popup))
            }
        })*
    };
}

popups! {
    /// Explains the screen and its keys.
    Help(Help),
    /// A list to choose from.
    Picker(Picker),
    /// A file at a passage.
    Viewer(Viewer),
    /// Asks for a line of text.
    Prompt(Prompt),
    /// Asks whether to go on.
    Confirm(Confirm),
    /// Answers side by side.
    Compare(Compare),
    /// An adapter being trained.
    Tune(Tune),
}
