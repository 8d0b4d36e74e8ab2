//! What a terminal sends for keys that type no character.

pub const ENTER: &str = "\r";
pub const ESC: &str = "\x1b";
pub const TAB: &str = "\t";
pub const BACKSPACE: &str = "\x7f";
pub const ALT_ENTER: &str = "\x1b\r";
pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const PAGE_UP: &str = "\x1b[5~";
pub const PAGE_DOWN: &str = "\x1b[6~";
pub const CTRL_C: &str = "\x03";
pub const CTRL_P: &str = "\x10";
pub const CTRL_Z: &str = "\x1a";
