//! A process that never outlives the one that started it, not even if that one is killed.
//!
//! Each process leads a group of its own, so that a Ctrl-C at the terminal reaches only the starter, which
//! then stops things in order. Beside it a watchdog holds the other end of a pipe: when the starter dies,
//! by whatever means, the pipe closes and the watchdog kills the group.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait_for;

/// How much of a log is told when something goes wrong.
const TAIL_BYTES: u64 = 4096;

/// A running process, killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a process that writes all it says to the end of `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let out = OpenOptions::new().create(true).append(true).open(log);
        let out = out.with_context(|| format!("cannot write {}", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        match watch(child.id()) {
            Ok(watchdog) => Ok(Self { child, watchdog, log: log.to_owned() }),
            Err(error) => {
                drop(child.kill().and_then(|()| child.wait()));
                Err(error)
            }
        }
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, without a chance to tidy up.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        // Both fail only for a process that has been waited for, and then there is nothing left to do.
        drop(self.child.wait());
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            drop(pipe.write_all(b"done\n"));
        }
        drop(self.watchdog.wait());
    }

    /// Asks it to end, and kills it if it does not within `limit`.
    ///
    /// # Errors
    /// When it had to be killed.
    pub async fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        let ended = wait_for("a process to end", limit, async || self.status()).await;
        self.kill();
        ended
    }

    /// The last lines that it wrote.
    #[must_use]
    pub fn tail(&self) -> String {
        tail(&self.log)
    }

    fn signal(&mut self, signal: Signal) {
        if let (Ok(None), Some(group)) = (self.child.try_wait(), pid(self.child.id())) {
            // It fails only for a group that has just ended by itself.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the watchdog of the group that `leader` leads.
fn watch(leader: u32) -> Result<Child> {
    Command::new("sh")
        .args(["-c", r#"read -r word; [ "$word" = done ] || kill -s KILL -- "-$0""#, &leader.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("cannot start sh")
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// The last lines of a log, or why there are none.
#[must_use]
pub fn tail(log: &Path) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_else(|error| format!("({error})"))
}
