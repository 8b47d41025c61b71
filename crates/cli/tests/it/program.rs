//! The binary under test, its processes and its ports.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest time that anything here may take; what takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(600);

/// Root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// `btrst` with `arguments`, run in the repository and untouched by the environment's own choices.
pub fn btrst<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btrst"));
    command.args(arguments).current_dir(repository()).env_remove("BTRST_REPOSITORY").stdin(Stdio::null());
    command
}

/// Runs `command` to its end.
pub fn run(command: Command) -> Ended {
    Running::start(command).end()
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output, without what was waited for before.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Option<Receiver<String>>,
    notes: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts `command`.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // Ends with the output, or closes it when nobody waits for lines any more.
            stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, notes) = channel();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            loop {
                let before = text.len();
                if stderr.read_line(&mut text).unwrap() == 0 {
                    return text;
                }
                // Nobody has to wait for notes.
                let _ = sender.send(text[before..].trim_end().to_owned());
            }
        });
        Self { child, lines: Some(lines), notes, stderr: Some(stderr) }
    }

    /// Waits for a line of standard output that contains `part`, and returns what came until then.
    pub fn wait_for(&self, part: &str) -> String {
        let lines = self.lines.as_ref().expect("the output is still open");
        let mut seen = String::new();
        loop {
            let Ok(line) = lines.recv_timeout(DEADLINE) else { panic!("no line with `{part}` in:\n{seen}") };
            seen += &line;
            seen.push('\n');
            if line.contains(part) {
                return seen;
            }
        }
    }

    /// Waits for a line of standard error that contains `part`, and returns it.
    pub fn wait_for_note(&self, part: &str) -> String {
        let mut seen = String::new();
        loop {
            let Ok(line) = self.notes.recv_timeout(DEADLINE) else {
                panic!("no note with `{part}` in:\n{seen}")
            };
            if line.contains(part) {
                return line;
            }
            seen += &line;
            seen.push('\n');
        }
    }

    /// Closes standard output, as `head` does when it has seen enough.
    pub fn close_stdout(&mut self) {
        self.lines = None;
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        let stdout = self.lines.iter().flatten().map(|line| line + "\n").collect();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Ended { code: status.code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends `signal` to a process.
pub fn kill(signal: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", signal, &process.to_string()]).status().unwrap();
    assert!(sent.success(), "cannot send {signal} to {process}");
}

/// A port that no other test has, below those that the system gives to outgoing connections.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run of the tests at the same time starts elsewhere.
    let start = 10_000 + u16::try_from(std::process::id() % 200).unwrap() * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// The processes of an anvil on `port`, the watchdog's shell among them, with their command lines.
fn processes(port: u16) -> Vec<(u32, String)> {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=,stat=,args="]).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    table
        .lines()
        .filter_map(|line| {
            let (process, rest) = line.trim_start().split_once(' ')?;
            let (state, command) = rest.trim_start().split_once(' ')?;
            let anvil = command.contains("--prune-history") && command.contains(&format!("--port {port} "));
            (anvil && !state.starts_with('Z')).then(|| (process.parse().unwrap(), command.trim().to_owned()))
        })
        .collect()
}

/// Process id of the anvil on `port`.
pub fn anvil(port: u16) -> u32 {
    let processes = processes(port);
    let anvil = processes.iter().find(|(_, command)| !command.starts_with("/bin/sh"));
    anvil.unwrap_or_else(|| panic!("no anvil on port {port}: {processes:?}")).0
}

/// Checks that nothing runs on `port` any more.
pub fn assert_nothing_left(port: u16) {
    assert_eq!(processes(port), [], "left running on port {port}");
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok(), "port {port} is still in use");
}

/// Checks that what runs on `port` ends without anybody's help.
pub fn assert_nothing_left_soon(port: u16) {
    let deadline = Instant::now() + DEADLINE;
    while !processes(port).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_nothing_left(port);
}
