//! The real binary on a pseudo-terminal of its own, with a terminal emulator
//! at the other end: what a test sees is what a user would see, and every byte
//! that was sent is kept.
//!
//! Nothing here sleeps: a thread reads what comes, and a test waits for the
//! screen to hold what it expects, for at most [`LIMIT`].

mod bytes;
mod chat;
mod controls;
mod editor;
mod hostile;
mod keys;
mod latency;
mod launch;
mod lifecycle;
mod many;
mod models;
mod paint;
mod process;
mod receive;
mod resuming;
mod signals;
mod ssh;
mod stuck;
mod switch;
mod tour;

use super::common::Lorag;
use portable_pty::{Child, ExitStatus, MasterPty, PtySize, native_pty_system};
use receive::{Received, Shared, fail, find};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::{Duration, Instant};

/// The longest that a test waits for one thing.
const LIMIT: Duration = Duration::from_secs(20);

static ALONE: RwLock<()> = RwLock::new(());

/// Lets a test run beside others of this folder, but not beside one that
/// measures. Every test of a screen holds this or [`alone`], once; so should
/// every other test that keeps all cores busy.
pub fn beside_others() -> RwLockReadGuard<'static, ()> {
    ALONE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Lets a test measure while no test runs [`beside_others`].
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    ALONE.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A terminal with a program in it. Dropping it kills the program.
pub struct Screen {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    settings: String,
}

impl Screen {
    /// Starts lorag with these arguments.
    pub fn start(lorag: &Lorag, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = lorag.command();
        command.args(arguments);
        Self::run(&command, columns, rows)
    }

    /// Starts lorag in a shell, see [`Screen::run_in_shell`].
    pub fn start_in_shell(lorag: &Lorag, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = lorag.command();
        command.args(arguments);
        Self::run_in_shell(&command, columns, rows)
    }

    /// Starts a program as a job of a shell, which takes further commands once
    /// the program is stopped or has ended, and says `<status N>` behind each.
    /// Only so can a test suspend it, or see how it leaves the terminal: when
    /// the first process of a terminal ends, the kernel resets the terminal.
    pub fn run_in_shell(program: &Command, columns: u16, rows: u16) -> Self {
        Self::run(&launch::in_shell(program), columns, rows)
    }

    /// Starts any program, with the environment that `command` sets and no
    /// more.
    pub fn run(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let settings = launch::line_settings(&*pair.master);
        let reader = pair.master.try_clone_reader().unwrap();
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let shared = Arc::new(Shared {
            received: Mutex::new(Received::new(parser)),
            changed: Condvar::new(),
            writer: Mutex::new(pair.master.take_writer().unwrap()),
        });
        let child = pair.slave.spawn_command(launch::builder(command)).unwrap();
        // The end of the program is seen only when nobody else has the
        // terminal open.
        drop(pair.slave);
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || theirs.read_on(reader));
        Self { shared, master: pair.master, child, settings }
    }

    /// Types a text or a key.
    #[track_caller]
    pub fn send(&self, text: &str) {
        self.shared.send(text.as_bytes()).unwrap();
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait_for(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        self.wait(what, |received| holds(received.parser.screen()));
    }

    /// Waits for a text, which may stand anywhere in a row.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("the text {text:?}"), |screen| find(screen, text).is_some());
    }

    /// Waits until a text is gone.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) {
        self.wait_for(&format!("the text {text:?} to go"), |screen| find(screen, text).is_none());
    }

    /// Waits until no byte came for this long.
    #[track_caller]
    pub fn quiet(&self, pause: Duration) {
        let deadline = Instant::now() + LIMIT;
        let mut received = lock(&self.shared.received);
        let started = Instant::now();
        loop {
            let last = received.arrivals.last().map_or(started, |(at, _)| *at).max(started);
            let still = last.elapsed();
            if still >= pause || received.ended {
                return;
            }
            if Instant::now() > deadline {
                fail("silence", &received);
            }
            received = self.pause(received, pause - still);
        }
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        self.wait("the end of the program", |received| received.ended);
        self.child.wait().unwrap()
    }

    /// Waits for the end of the program, for so long at most, and returns how
    /// long it took; also where the terminal is read by nobody.
    #[track_caller]
    pub fn ends_within(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, started.elapsed());
            }
            assert!(started.elapsed() < limit, "it has not ended after {limit:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Reads nothing more, as a window that was stopped with Ctrl+S; or goes on
    /// reading.
    pub fn hold(&self, held: bool) {
        lock(&self.shared.received).held = held;
        self.shared.changed.notify_all();
    }

    /// Closes the terminal, as a window that is shut.
    pub fn close(&mut self) {
        lock(&self.shared.received).leaves = true;
        // The reader is told by what it reads next.
        self.shared.changed.notify_all();
        let _ = self.shared.send(b"\x0c");
        self.wait("the reader to end", |received| received.ended);
        *lock(&self.shared.writer) = Box::new(std::io::sink());
        self.master = native_pty_system().openpty(size(80, 24)).unwrap().master;
    }

    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn(&Received) -> bool) {
        let deadline = Instant::now() + LIMIT;
        let mut received = lock(&self.shared.received);
        while !holds(&received) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || received.ended {
                fail(what, &received);
            }
            received = self.pause(received, left);
        }
    }

    fn pause<'a>(
        &self,
        received: MutexGuard<'a, Received>,
        limit: Duration,
    ) -> MutexGuard<'a, Received> {
        let waited = self.shared.changed.wait_timeout(received, limit);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// The screen as it is now.
    pub fn now(&self) -> vt100::Screen {
        lock(&self.shared.received).parser.screen().clone()
    }

    /// The text of the screen.
    pub fn text(&self) -> String {
        self.now().contents()
    }

    /// Row and column of a text.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        find(&self.now(), text)
    }

    /// Every byte so far.
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.shared.received).raw.clone()
    }

    /// How many bytes came so far: a mark for [`Screen::bytes_since`].
    pub fn mark(&self) -> usize {
        lock(&self.shared.received).raw.len()
    }

    /// The bytes that came behind a mark.
    pub fn bytes_since(&self, mark: usize) -> Vec<u8> {
        lock(&self.shared.received).raw[mark..].to_vec()
    }

    /// How many bytes came between two moments.
    pub fn bytes_between(&self, from: Instant, to: Instant) -> usize {
        let received = lock(&self.shared.received);
        let before = |moment: Instant| {
            let reads = received.arrivals.partition_point(|(at, _)| *at <= moment);
            reads.checked_sub(1).map_or(0, |read| received.arrivals[read].1)
        };
        before(to) - before(from)
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        lock(&self.shared.received).parser.set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal to the program in the foreground.
    #[track_caller]
    pub fn kill(&self, signal: rustix::process::Signal) {
        process::kill(self.foreground(), signal);
    }

    /// The process in the foreground: lorag, or the shell while lorag is
    /// stopped.
    #[track_caller]
    pub fn foreground(&self) -> u32 {
        self.master.process_group_leader().unwrap().try_into().unwrap()
    }

    /// Asserts that the terminal is as it was before the program started.
    #[track_caller]
    pub fn assert_restored(&self) {
        let screen = self.now();
        let text = screen.contents();
        assert!(!screen.alternate_screen(), "the alternate screen is left on:\n{text}");
        assert!(!screen.hide_cursor(), "the cursor is left hidden:\n{text}");
        assert!(!screen.bracketed_paste(), "bracketed paste is left on:\n{text}");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(screen.fgcolor(), vt100::Color::Default, "a colour is left on:\n{text}");
        assert_eq!(screen.bgcolor(), vt100::Color::Default, "a background is left on:\n{text}");
        assert!(!screen.bold() && !screen.inverse(), "an attribute is left on:\n{text}");
        assert_eq!(launch::line_settings(&*self.master), self.settings, "after:\n{text}");
    }

    /// Whether the program reads keys as they are typed.
    pub fn is_raw(&self) -> bool {
        launch::line_settings(&*self.master) != self.settings
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // In a shell, lorag is a process group of its own.
            if let Some(group) = self.master.process_group_leader() {
                process::kill_group(group);
            }
            if let Some(child) = self.child.process_id() {
                process::kill_group(child.cast_signed());
            }
        }
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}
