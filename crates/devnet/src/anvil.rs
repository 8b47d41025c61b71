//! The anvil process: started on a port of its own, and gone when its owner is gone.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::accounts::{MNEMONIC, Name};
use crate::chain::CHAIN_ID;
use crate::{Chain, Error, Repository, Result};

/// Keeps a command alive exactly as long as its standard input is open.
const WATCHDOG: &str = include_str!("watchdog.sh");

/// Longest time in which anvil has to be ready. It takes a tenth of a second on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest time to wait for a killed process to be gone.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How anvil says that it is ready, before its address.
const LISTENING: &str = "Listening on ";

/// Lines of output kept for an error message.
const KEPT_LINES: usize = 12;

/// How a devnet's anvil is started.
#[derive(Clone, Debug)]
pub struct AnvilOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Time of the first block, Unix time in seconds. Fixed by default, so that runs are alike.
    pub genesis_time: u64,
    /// How many of the latest blocks have a state that can be asked for, beside the latest itself.
    pub past_states: u16,
}

impl AnvilOptions {
    /// 1 January 2026, 00:00 UTC.
    pub const GENESIS_TIME: u64 = 1_767_225_600;
}

impl Default for AnvilOptions {
    fn default() -> Self {
        Self { port: 0, genesis_time: Self::GENESIS_TIME, past_states: 0 }
    }
}

/// A running anvil of the pinned version, with the limits of Ethereum mainnet.
///
/// It is killed when this value is dropped, and by a watchdog when this process ends in whatever way.
#[derive(Debug)]
pub struct Anvil {
    process: Process,
    port: u16,
    chain: Chain,
}

impl Anvil {
    /// Starts anvil and prepares it for time travel; automatic mining is on.
    ///
    /// # Errors
    /// [`Error::Tool`], [`Error::PortInUse`], [`Error::AnvilDied`], [`Error::Io`].
    pub async fn start(repository: &Repository, options: &AnvilOptions) -> Result<Self> {
        let binary = repository.tool("anvil")?;
        if options.port != 0 {
            // Asked first, because it costs nothing; anvil's own failure to bind is understood as well.
            TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
                .map_err(|_| Error::PortInUse(options.port))?;
        }
        let mut process = Process::spawn(&binary, options)?;
        let port = process.wait_until_listening(options.port).await?;
        let chain = Chain::of_anvil(port, process.output.clone())?;
        let mut anvil = Self { process, port, chain };
        match anvil.chain.prepare().await {
            Ok(()) => Ok(anvil),
            Err(error) => Err(anvil.cause_of(error).await),
        }
    }

    /// The chain it runs.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Process id of anvil.
    #[must_use]
    pub const fn process_id(&self) -> u32 {
        self.process.id
    }

    /// Waits until anvil ends by itself, and says how.
    pub async fn died(&mut self) -> Error {
        loop {
            if let Some(error) = self.process.ended() {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How anvil ended, when that is why a request failed with `error`; else `error`.
    pub(crate) async fn cause_of(&mut self, error: Error) -> Error {
        if !matches!(error, Error::ChainDisappeared { .. }) {
            return error;
        }
        // Its connections break a moment before it is gone.
        tokio::time::timeout(STOP_TIMEOUT, self.died()).await.unwrap_or(error)
    }
}

/// anvil below its watchdog; both end when this is dropped.
#[derive(Debug)]
struct Process {
    watchdog: Child,
    /// While this is open, anvil lives. The kernel closes it when this process ends.
    lifeline: Option<ChildStdin>,
    id: u32,
    output: LastLines,
    lines: UnboundedReceiver<String>,
}

impl Process {
    fn spawn(binary: &Path, options: &AnvilOptions) -> Result<Self> {
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(binary)
            .args(arguments(options))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C of the terminal is for the owner, who may still want to ask the chain something.
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Io { path: "/bin/sh".into(), source })?;
        let lifeline = watchdog.stdin.take();
        let output = LastLines::default();
        let (sender, lines) = unbounded_channel();
        if let Some(stdout) = watchdog.stdout.take() {
            follow(stdout, output.clone(), sender.clone());
        }
        if let Some(stderr) = watchdog.stderr.take() {
            follow(stderr, output.clone(), sender);
        }
        Ok(Self { watchdog, lifeline, id: 0, output, lines })
    }

    /// Waits until anvil says which port it listens on. Only its own word counts: on a port that was taken in
    /// the meantime, somebody else would answer.
    async fn wait_until_listening(&mut self, wanted: u16) -> Result<u16> {
        let announced = tokio::time::timeout(START_TIMEOUT, async {
            while let Some(line) = self.lines.recv().await {
                if let Some(id) = line.strip_prefix("process ") {
                    self.id = id.parse().unwrap_or_default();
                } else if let Some(address) = line.strip_prefix(LISTENING) {
                    return address.rsplit(':').next().and_then(|port| port.parse().ok());
                }
            }
            None
        })
        .await;
        // From here on nobody takes lines from the channel; the last ones are kept elsewhere.
        self.lines.close();
        match announced {
            Ok(Some(port)) => Ok(port),
            Ok(None) if self.output.mention("Address already in use") => Err(Error::PortInUse(wanted)),
            Ok(None) => Err(self.output.died("ended before it was ready".into())),
            Err(_) => {
                let seconds = START_TIMEOUT.as_secs();
                Err(self.output.died(format!("was not ready within {seconds} s")))
            }
        }
    }

    /// How anvil ended, once it has.
    fn ended(&mut self) -> Option<Error> {
        match self.watchdog.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(self.output.died(format!("ended ({status})"))),
            Err(error) => Some(self.output.died(format!("cannot be observed ({error})"))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog kills anvil at the end of its input. It is not killed itself before that is done.
        drop(self.lifeline.take());
        let deadline = Instant::now() + STOP_TIMEOUT;
        while matches!(self.watchdog.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                // The watchdog leads a process group of its own, so this reaches anvil too.
                let group = format!("-{}", self.watchdog.id());
                let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                let _ = self.watchdog.wait();
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn arguments(options: &AnvilOptions) -> Vec<String> {
    let accounts = Name::ALL.len().to_string();
    let port = options.port.to_string();
    let chain_id = CHAIN_ID.to_string();
    let genesis_time = options.genesis_time.to_string();
    let past_states = options.past_states.to_string();
    // A 0 would make anvil hang.
    let past_states: &[&str] = if options.past_states == 0 { &[] } else { &[&past_states] };
    [
        &["--host", "127.0.0.1", "--port", &port, "--chain-id", &chain_id][..],
        // The state of every block would make mining slow, and would fill the disk of the user's home.
        &["--prune-history"],
        past_states,
        // The limits of mainnet, of a transaction (EIP-7825) and of a block: without the first, a proposal that can
        // never be executed there looks fine.
        &["--enable-tx-gas-limit", "--gas-limit", "60000000"],
        &["--order", "fifo", "--timestamp", &genesis_time],
        &["--mnemonic", MNEMONIC, "--accounts", &accounts, "--balance", "10000"],
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .collect()
}

/// Reads `stream` to its end, so that the writer never blocks.
fn follow(stream: impl Read + Send + 'static, output: LastLines, sender: UnboundedSender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            output.push(&line);
            // After the start nobody listens any more.
            let _ = sender.send(line);
        }
    });
}

/// The last lines that anvil wrote.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if line.starts_with(LISTENING) {
            // The accounts and keys that anvil lists before are no clue to what went wrong later.
            lines.clear();
        }
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    fn mention(&self, text: &str) -> bool {
        self.to_vec().iter().any(|line| line.contains(text))
    }

    fn died(&self, what: String) -> Error {
        Error::AnvilDied { what, output: self.to_vec() }
    }

    /// The lines, oldest first.
    pub(crate) fn to_vec(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
