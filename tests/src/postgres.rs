//! A PostgreSQL server of our own, from the system's programs: started on a socket in a temporary folder,
//! and gone, folder and all, when the process that started it ends.
//!
//! A shell stands between us and the server. It reads from a pipe that we hold the other end of: when we
//! end, by whatever means, the pipe closes, and the shell stops the server and removes the folder.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// The limit for a server to come up.
const START: Duration = Duration::from_secs(60);

/// Between two looks whether it is up.
const PAUSE: Duration = Duration::from_millis(20);

/// An immediate shutdown is enough for data that nobody will read again, and it leaves no shared memory.
const SUPERVISOR: &str = r#"
    folder=$1; shift
    "$@" &
    server=$!
    read -r _
    kill -QUIT "$server" 2>/dev/null
    wait "$server"
    cd / && rm -rf -- "$folder"
"#;

/// What a test wants is speed: after a power cut it starts anew anyway.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
";

/// A running server, stopped when dropped.
#[derive(Debug)]
pub struct Postgres {
    supervisor: Child,
    programs: PathBuf,
    folder: PathBuf,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, saying what to install, or does not come up.
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let user = user()?;
        let folder = tempfile::Builder::new().prefix("quittance-postgres-").tempdir()?.keep();
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))?;
        }
        let data = folder.join("data");
        let mut initdb = command(&programs.join("initdb"), &folder, user);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        succeed(initdb.arg("--pgdata").arg(&data))?;
        fs::write(data.join("postgresql.auto.conf"), SETTINGS)?;
        let log = fs::File::create(folder.join("log"))?;
        let supervisor = command(Path::new("sh"), &folder, user)
            .args(["-c", SUPERVISOR, "sh"])
            .arg(&folder)
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C at the terminal is for us alone: the server goes after us.
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        let server = Self { supervisor, programs, folder, databases: AtomicU32::new(0) };
        server.wait()?;
        Ok(server)
    }

    /// The server that everything in this process shares; started by who asks first.
    ///
    /// # Errors
    /// When it could not be started.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres>> = OnceLock::new();
        let shared = SHARED.get_or_init(Self::start);
        shared.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    /// Makes a new, empty database whose name begins with `name`, and returns its URL.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn database(&self, name: &str) -> Result<String> {
        let name = format!("{name}_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        succeed(self.client("createdb").arg(&name))?;
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.display()))
    }

    fn wait(&self) -> Result<()> {
        let end = Instant::now() + START;
        while !self.client("pg_isready").arg("--quiet").status()?.success() {
            if Instant::now() >= end {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL does not come up: {}", log.trim());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["--username=postgres", "--host"]).arg(&self.folder).current_dir(&self.folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // It fails only if somebody else has waited for it.
        drop(self.supervisor.wait());
    }
}

/// The folder of PostgreSQL's programs: on the path, or where Debian and others put the newest.
fn programs() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> = versions.flatten().map(|version| version.path()).collect();
        versions.sort_by_key(|path| path.file_name()?.to_str()?.parse::<u32>().ok());
        folders.extend(versions.iter().rev().map(|version| version.join("bin")));
    }
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "createdb", "pg_isready"].iter().all(|name| folder.join(name).is_file())
    };
    folders.into_iter().find(complete).context(
        "PostgreSQL is not installed, and these tests run on it too: \
         install the server, for example with `apt-get install postgresql`",
    )
}

/// The server refuses to be root, so that a root's server runs as the user `postgres`.
fn user() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let line = line.context("PostgreSQL cannot run as root, and there is no user `postgres`: add one")?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    match (ids.next(), ids.next()) {
        (Some(Ok(uid)), Some(Ok(gid))) => Ok(Some((uid, gid))),
        _ => bail!("cannot understand the user `postgres` in /etc/passwd"),
    }
}

fn command(program: &Path, folder: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let Output { status, stderr, .. } =
        command.output().with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program}: {}", String::from_utf8_lossy(&stderr).trim());
    Ok(())
}
