//! lorag through a real SSH server on this machine: keys, frames and signals
//! go the way they go when people work on another one.

use super::chat::{self, ANSWER, QUESTION, cited_lights, conversation, handbook, is_whole};
use super::controls::foreign_controls;
use super::{Screen, beside_others};
use crate::common::{Lorag, text};
use std::fs::DirBuilder;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

#[test]
fn lorag_works_through_ssh() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let server = match Server::start(&lorag.world.path().join("ssh")) {
        Ok(server) => server,
        Err(reason) => {
            super::super::common::skipped(&format!("through SSH: {reason}"));
            return;
        }
    };
    let mut command = lorag.command();
    command.arg(handbook());
    let screen = Screen::run_in_shell(&server.client(&command), 120, 40);
    screen.wait_for("the first frame", is_whole);
    chat::wait_ready(&screen, chat::handbook_files());
    chat::ask(&screen, QUESTION);
    assert!(conversation(&screen.now()).contains(ANSWER), "{}", screen.text());
    assert!(cited_lights(&screen.now()), "{}", screen.text());
    // The new size gets there, too.
    screen.resize(160, 45);
    screen.wait_for("three columns", |screen| {
        let top = |title: &str| chat::pane(screen, title).map(|pane| pane.top());
        is_whole(screen) && top("Conversation").is_some() && top("Sources") == top("Stats")
    });
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
    assert_eq!(foreign_controls(&screen.raw()), [""; 0]);
}

/// An SSH server with keys of its own, for the user that runs the tests.
struct Server {
    process: Child,
    folder: PathBuf,
    port: u16,
    user: String,
    /// Kept open, since the server goes on writing to it.
    _log: BufReader<ChildStderr>,
}

impl Server {
    /// Starts it in a new folder, or says why that can't be.
    fn start(folder: &Path) -> Result<Self, String> {
        let sshd = find_program("sshd")?;
        let keygen = find_program("ssh-keygen")?;
        find_program("ssh")?;
        if rustix::process::geteuid().is_root() {
            // The server gives up its rights there; packages make this folder
            // when the system starts it.
            let mut builder = DirBuilder::new();
            let made = builder.recursive(true).mode(0o755).create("/run/sshd");
            made.map_err(|error| format!("/run/sshd cannot be made: {error}"))?;
        }
        DirBuilder::new().mode(0o700).create(folder).map_err(|error| error.to_string())?;
        for key in ["host_key", "user_key"] {
            let file = folder.join(key);
            output(Command::new(&keygen).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file))?;
        }
        std::fs::copy(folder.join("user_key.pub"), folder.join("authorized_keys")).unwrap();
        let user = output(Command::new("id").arg("-un"))?.trim().to_owned();
        let port = free_port();
        let place = text(folder);
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {place}/host_key\nPidFile none\n\
             AuthorizedKeysFile {place}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n\
             PermitRootLogin prohibit-password\nUseDNS no\nLogLevel INFO\n"
        );
        std::fs::write(folder.join("config"), config).unwrap();
        let mut process = Command::new(sshd)
            .args(["-D", "-e", "-f"])
            .arg(folder.join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sshd does not start: {error}"))?;
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        // It listens from the moment it says so.
        while !said.contains("Server listening") {
            if log.read_line(&mut said).unwrap_or(0) == 0 {
                let _ = process.wait();
                return Err(format!("sshd does not run here: {said}"));
            }
        }
        let server = Self { process, folder: folder.to_owned(), port, user, _log: log };
        // Some systems lock the account, which no setting of ours can help.
        let mut probe = server.ssh();
        output(probe.arg("true")).map_err(|error| format!("nobody can log in here: {error}"))?;
        Ok(server)
    }

    /// The client, up to where the command begins.
    fn ssh(&self) -> Command {
        let mut command = Command::new("ssh");
        command.args(["-F", "/dev/null", "-o", "StrictHostKeyChecking=no"]);
        command.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"]);
        command.args(["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "EscapeChar=none"]);
        command.arg("-i").arg(self.folder.join("user_key"));
        command.args(["-p", &self.port.to_string()]);
        command.arg(format!("{}@127.0.0.1", self.user));
        command.stdin(Stdio::null());
        command
    }

    /// The client that runs a command on a terminal at the other side, with
    /// the command's own folder and environment.
    fn client(&self, command: &Command) -> Command {
        let folder = command.get_current_dir().unwrap();
        let mut line = format!("cd {} && exec env", quoted(&folder.to_string_lossy()));
        for (key, value) in command.get_envs() {
            let value = value.unwrap_or_default();
            let setting = format!("{}={}", key.to_string_lossy(), value.to_string_lossy());
            line += &format!(" {}", quoted(&setting));
        }
        for word in [command.get_program()].into_iter().chain(command.get_args()) {
            line += &format!(" {}", quoted(&word.to_string_lossy()));
        }
        let mut client = self.ssh();
        client.arg("-tt").arg(line).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A word for the shell at the other side.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A program on the path, or where servers are kept.
fn find_program(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| format!("{name} is not installed (package openssh-server)"))
}

/// What a program prints.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{command:?}: {stderr}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
