//! A samlet in one of the modes with an application of victims and of functions that run what they are sent.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use acceptance::{ancestors, is_running, process_name, repository, samlet_binary, send, wait_for};
use serde_json::{Value, json};

use crate::mode::Mode;
use crate::processes;

/// What no function may come to know.
pub(crate) const SECRET: &str = "the-developers-secret-5e0c1f";

pub(crate) const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: probe, Handler: bootstrap, Runtime: provided.al2023, MemorySize: 3008, Timeout: 30}
Resources:
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      EphemeralStorage: {Size: 600}
      Events: {Any: {Type: Api, Properties: {Path: /probe, Method: POST}}}
  Victim:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: victim
      Environment: {Variables: {SECRET: of the victim}}
      Events: {Any: {Type: Api, Properties: {Path: /victim, Method: POST}}}
  Cold:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: victim
      Events: {Any: {Type: Api, Properties: {Path: /cold, Method: POST}}}
  Small:
    Type: AWS::Serverless::Function
    Properties:
      MemorySize: 128
      Events: {Any: {Type: Api, Properties: {Path: /small, Method: POST}}}
  Quick:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 1
      Events: {Any: {Type: Api, Properties: {Path: /quick, Method: POST}}}
  Rust:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: rust
      Events: {Any: {Type: Api, Properties: {Path: '/rust/{mode}', Method: ANY}}}
  Table: {Type: AWS::Serverless::SimpleTable}
";

/// Starts a program and ends it when its own standard input ends, which it does however the tests end.
const WATCH: &str = r#"
trap '' INT
folder=$1 after=$2
shift 2
exec 9<>"$folder/descriptor"
"$@" </dev/null >"$folder/out.txt" 2>"$folder/err.txt" &
echo $! >"$folder/pid.partial"
mv "$folder/pid.partial" "$folder/pid"
exec 9<&-
cat >/dev/null
kill -9 $! 2>/dev/null
wait
[ "$after" = keep ] || rm -rf "$folder" "/run/samlet-breakout-${folder##*/}""#;

/// Gives samlet the developer's secret without naming it on any command line.
const WITH_SECRET: &str = r#"SAMLET_DEVELOPER_SECRET=$(cat "$0") exec "$@""#;

/// A folder with samlet, an application, and what neither of its functions should reach.
pub(crate) struct Home {
    pub(crate) mode: Mode,
    pub(crate) folder: PathBuf,
}

impl Home {
    /// Makes one within `parent`.
    pub(crate) fn new(mode: Mode, parent: &Path) -> Self {
        let samlet = samlet_binary();
        let folder = tempfile::tempdir_in(parent).unwrap().keep();
        let home = Self {
            mode,
            folder: folder.canonicalize().unwrap(),
        };
        let make = |path: &str| fs::create_dir_all(home.at(path)).unwrap();
        for path in ["app/probe", "app/victim", "app/rust", "home/.ssh"] {
            make(path);
        }
        let write = |path: &str, text: &str, mode: u32| {
            fs::write(home.at(path), text).unwrap();
            fs::set_permissions(home.at(path), Permissions::from_mode(mode)).unwrap();
        };
        write("app/template.yaml", TEMPLATE, 0o644);
        write("app/notes.txt", "the project's", 0o644);
        write("descriptor", "opened by whoever starts samlet", 0o600);
        write("home/.ssh/id_ed25519", "a key", 0o600);
        write("private", "private", 0o600);
        write("secret", SECRET, 0o600);
        write("public", "public", 0o666);
        for function in ["probe", "victim"] {
            let bootstrap = include_str!("function/bootstrap");
            write(&format!("app/{function}/bootstrap"), bootstrap, 0o755);
            let tries = include_str!("function/tries.py");
            write(&format!("app/{function}/tries.py"), tries, 0o644);
            // Of whoever runs samlet alone, who may run it.
            write(&format!("app/{function}/own"), "its own", 0o600);
        }
        let fixture = Path::new(env!("CARGO_BIN_EXE_fixture-function"));
        provide(fixture, &home.at("app/rust/bootstrap"));
        provide(samlet, &home.at("samlet"));
        fs::set_permissions(&home.folder, Permissions::from_mode(0o755)).unwrap();
        if let Some(owner) = mode.owner() {
            own(&home.folder, owner);
        }
        home
    }

    /// A path within it.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Starts samlet there; `keep` says whether the folder is there afterwards.
    pub(crate) fn start(&self, arguments: &[&str], keep: bool) -> Running {
        // Of one that ran before.
        for file in ["pid", "out.txt"] {
            fs::remove_file(self.at(file)).ok();
        }
        let mut command = match self.mode {
            Mode::Root if !crate::mode::is_root() => Command::new("sudo"),
            _ => Command::new("sh"),
        };
        if command.get_program() == "sudo" {
            command.args(["-n", "sh"]);
        }
        let after = if keep { "keep" } else { "remove" };
        command
            .args(["-c", WATCH, "sh"])
            .arg(&self.folder)
            .arg(after);
        command.args(self.mode.prefix());
        command.arg("env");
        if self.mode != Mode::Root {
            command.args(["-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]);
            command.arg(format!("HOME={}", self.at("home").display()));
        }
        command.arg("LEAKED_FROM_SAMLET=yes");
        command.args(["sh", "-c", WITH_SECRET]);
        command.arg(self.at("secret")).arg(self.at("samlet"));
        command.args(["start", "--no-build", "--template"]);
        command.arg(self.at("app/template.yaml"));
        if !arguments.contains(&"--data-dir") {
            command.arg("--data-dir").arg(self.at("app/.samlet"));
        }
        command.args(["--max-environments", "200"]).args(arguments);
        let watch = command.stdin(Stdio::piped()).spawn().unwrap();
        Running::new(watch, &self.folder)
    }
}

/// Puts a program where others can run it.
fn provide(program: &Path, at: &Path) {
    if fs::hard_link(program, at).is_err() {
        fs::copy(program, at).unwrap();
    }
}

/// Gives a folder with all that is in it to a user; programs, which others link to, stay whose they are.
pub(crate) fn own(path: &Path, owner: u32) {
    let metadata = path.symlink_metadata().unwrap();
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            own(&entry.unwrap().path(), owner);
        }
    }
    let is_shared = metadata.is_file() && std::os::unix::fs::MetadataExt::nlink(&metadata) > 1;
    if !is_shared && !metadata.is_symlink() {
        chown(path, Some(owner), Some(owner)).unwrap();
    }
}

/// A samlet that runs; ended when dropped.
pub(crate) struct Running {
    watch: Child,
    pub(crate) process: u32,
    pub(crate) api: String,
    pub(crate) aws: String,
}

impl Running {
    fn new(mut watch: Child, folder: &Path) -> Self {
        let process = wait_for("samlet is started", || {
            let process = fs::read_to_string(folder.join("pid")).ok()?;
            process.trim().parse().ok()
        });
        let (api, aws) = wait_for("samlet is ready", || {
            let out = fs::read_to_string(folder.join("out.txt")).ok()?;
            let after = |prefix: &str| {
                let mut lines = out.lines();
                lines.find_map(|line| line.strip_prefix(prefix).map(str::to_owned))
            };
            if let (Some(api), Some(aws)) = (after("ready "), after("AWS endpoint ")) {
                return Some((api, aws));
            }
            if !is_running(process) {
                let words = fs::read_to_string(folder.join("err.txt")).unwrap_or_default();
                watch.stdin.take();
                watch.wait().ok();
                panic!("samlet ended before it was ready:\n{words}");
            }
            None
        });
        Self {
            watch,
            process,
            api,
            aws,
        }
    }

    /// Has a function run code; gives the status and what is in `result`.
    pub(crate) fn send(&self, function: &str, code: &str, facts: &Value) -> (u16, Value) {
        let order = json!({"code": code, "facts": facts});
        let request = ureq::http::Request::post(format!("{}/{function}", self.api));
        let request = request.header("content-type", "application/json");
        let (status, _, body) = send(request.body(order.to_string().into()).unwrap());
        let text = String::from_utf8_lossy(&body);
        let value = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        (status, value)
    }

    /// Sends samlet a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = self.process.try_into().unwrap();
        let process = rustix::process::Pid::from_raw(process).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.stdin.take();
        self.watch.wait().ok();
    }
}

/// The environment that all rows of a mode have for a victim.
struct Victim {
    process: u32,
    /// What a function that tries has found out somehow: paths, processes, addresses.
    facts: Value,
}

impl Victim {
    fn new(home: &Home, running: &Running, sockets: &Sockets) -> Self {
        let code = "result = os.environ['AWS_LAMBDA_RUNTIME_API']";
        let (status, address) = running.send("victim", code, &json!({}));
        assert_eq!(status, 200, "{address}");
        let found = processes::named_below(running.process, "local-Victim");
        let process = *found.first().unwrap();
        let mut facts = facts(home, running, process);
        facts["mode"] = json!(format!("{:?}", home.mode).to_lowercase());
        facts["victims_api"] = address;
        facts["sockets"] = json!(sockets.paths);
        facts["abstract"] = json!(sockets.name);
        Self { process, facts }
    }
}

/// The samlet that all rows of a mode share.
pub(crate) struct World {
    pub(crate) mode: Mode,
    pub(crate) home: Home,
    pub(crate) running: Running,
    victim: Mutex<Victim>,
    /// Held while the victim is asked: it is to have one environment.
    asking: Mutex<()>,
    sockets: Sockets,
}

impl World {
    /// Started when it is first asked for; `None` where this machine doesn't allow the mode.
    pub(crate) fn of(mode: Mode) -> Option<&'static Self> {
        static WORLDS: [OnceLock<Option<World>>; 3] = [const { OnceLock::new() }; 3];
        WORLDS[mode as usize]
            .get_or_init(|| Self::new(mode))
            .as_ref()
    }

    fn new(mode: Mode) -> Option<Self> {
        if !mode.is_possible() {
            return None;
        }
        let home = Home::new(mode, &std::env::temp_dir());
        let running = home.start(&["--port", "0", "--aws-port", "0"], false);
        let sockets = Sockets::new(&home);
        let victim = Victim::new(&home, &running, &sockets);
        Some(Self {
            mode,
            home,
            running,
            victim: Mutex::new(victim),
            asking: Mutex::new(()),
            sockets,
        })
    }

    /// Has a function run code; gives what is in `result`, or the status when that is not 200.
    pub(crate) fn run(&self, function: &str, code: &str) -> Value {
        let (status, value) = self.send(function, code);
        match status {
            200 => value,
            status => json!(format!("HTTP {status}")),
        }
    }

    /// The same; gives both.
    pub(crate) fn send(&self, function: &str, code: &str) -> (u16, Value) {
        let _asking = (function == "victim")
            .then(|| self.asking.lock().unwrap_or_else(PoisonError::into_inner));
        let facts = self.victim().facts.clone();
        self.running.send(function, code, &facts)
    }

    fn victim(&self) -> MutexGuard<'_, Victim> {
        self.victim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has come to the victim or to samlet itself; empty if nothing has. The rows that follow have a new victim.
    pub(crate) fn harm(&self) -> &'static str {
        if !is_running(self.running.process) {
            return "samlet is no more";
        }
        let mut victim = self.victim();
        if process_name(victim.process).as_deref() == Some("local-Victim") {
            return "";
        }
        *victim = Victim::new(&self.home, &self.running, &self.sockets);
        "the victim's environment is no more"
    }

    /// What samlet and the functions have written.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.at("err.txt")).unwrap()
    }
}

fn facts(home: &Home, running: &Running, victim: u32) -> Value {
    let data = files(&home.at("app/.samlet"));
    let of = |part: &str| -> Vec<&PathBuf> {
        let mut found = data
            .iter()
            .filter(|path| path.display().to_string().contains(part));
        let found: Vec<_> = found.by_ref().collect();
        assert!(!found.is_empty(), "no {part} in {data:?}");
        found
    };
    let there = |paths: &[PathBuf]| -> Vec<PathBuf> {
        paths.iter().filter(|path| path.exists()).cloned().collect()
    };
    let machine = [
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/sudoers",
        "/root/.bashrc",
        "/root/.profile",
    ];
    let keys = ["/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_rsa_key"];
    let mut above: Vec<u32> = ancestors(victim).collect();
    // samlet's launcher and the container's init, samlet, and who started it.
    let samlet = above.iter().position(|process| *process == running.process);
    above.truncate(samlet.unwrap() + 2);
    let others: Vec<u32> = above.iter().copied().chain([victim]).collect();
    json!({
        "folder": home.folder,
        "store": of("dynamodb.sqlite"),
        "logs": of("/logs/"),
        "token": of("console-token"),
        "lock": of("lock"),
        "data": data,
        "template": home.at("app/template.yaml"),
        "project": [home.at("app/notes.txt"), repository().join("Cargo.toml")],
        "victims_code": [home.at("app/victim/bootstrap"), home.at("app/victim/own")],
        "own_place": home.at("app/probe"),
        "private": home.at("private"),
        "public": home.at("public"),
        "ssh_key": home.at("home/.ssh/id_ed25519"),
        "machine": there(&machine.map(PathBuf::from)),
        "keys": there(&keys.map(PathBuf::from)),
        "samlet": running.process,
        "victim": victim,
        "above": above,
        "others": others,
        "secret": SECRET,
    })
}

/// All files beneath a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        match kind.is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Sockets of programs that have nothing to do with samlet.
struct Sockets {
    paths: Vec<PathBuf>,
    name: String,
    _listeners: (Vec<UnixListener>, UnixDatagram),
}

impl Sockets {
    fn new(home: &Home) -> Self {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!(
            "samlet-breakout-{}",
            home.folder.file_name().unwrap().display()
        );
        let mut paths = vec![home.at("private.sock"), home.at("public.sock")];
        if crate::mode::is_root() {
            paths.push(Path::new("/run").join(&name));
        }
        let mut listeners = Vec::new();
        for path in &paths {
            listeners.push(UnixListener::bind(path).unwrap());
            let mode = if path.ends_with("public.sock") {
                0o666
            } else {
                0o600
            };
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            if let Some(owner) = home.mode.owner() {
                chown(path, Some(owner), Some(owner)).unwrap();
            }
        }
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        listeners.push(UnixListener::bind_addr(&address).unwrap());
        let datagrams = format!("{name}-datagrams");
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&datagrams).unwrap();
        let datagrams = UnixDatagram::bind_addr(&address).unwrap();
        Self {
            paths,
            name,
            _listeners: (listeners, datagrams),
        }
    }
}
