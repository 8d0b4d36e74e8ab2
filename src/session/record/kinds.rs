//! The kinds that are told by their names, with the names that files know them
//! by. They stay as they are whatever the kinds are called in the program.

use crate::config::QuoteMode;
use crate::domain::{FinishReason, LeftOut, Mode, Strategy, Support, UnitKind};
use serde::{Deserialize, Serialize};

/// The kinds of a file, which are those of the program under names of their
/// own. The first one is what a missing field means.
macro_rules! kinds {
    ($record:ident of $kind:ident { $first:ident = $name:literal, $($other:ident = $named:literal),* }) => {
        #[doc = concat!("[`", stringify!($kind), "`] as files name it.")]
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        pub(in crate::session) enum $record {
            #[default]
            #[serde(rename = $name)]
            $first,
            $(#[serde(rename = $named)] $other),*
        }

        impl From<$kind> for $record {
            fn from(kind: $kind) -> Self {
                match kind {
                    $kind::$first => Self::$first,
                    $($kind::$other => Self::$other),*
                }
            }
        }

        impl From<$record> for $kind {
            fn from(record: $record) -> Self {
                match record {
                    $record::$first => Self::$first,
                    $($record::$other => Self::$other),*
                }
            }
        }
    };
}

kinds!(ModeRecord of Mode {
    Rag = "rag", Base = "base", Adapter = "adapter", Hybrid = "hybrid"
});

kinds!(StrategyRecord of Strategy { Token = "token", Sequence = "sequence" });

kinds!(QuoteRecord of QuoteMode { Auto = "auto", On = "on", Off = "off" });

kinds!(SupportRecord of Support {
    Unchecked = "unchecked", Exact = "exact", Likely = "likely", Missing = "missing"
});

kinds!(UnitKindRecord of UnitKind { Sentence = "sentence", Row = "row", Code = "code" });

kinds!(LeftOutRecord of LeftOut {
    NoRoom = "no_room",
    NoSentence = "no_sentence",
    NotAsked = "not_asked",
    Excluded = "excluded",
    NotPinned = "not_pinned"
});

kinds!(FinishRecord of FinishReason {
    Stop = "stop",
    Length = "length",
    Determined = "determined",
    Repeated = "repeated",
    Cancelled = "cancelled",
    NotGenerated = "not_generated"
});
