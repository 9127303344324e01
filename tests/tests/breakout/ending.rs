//! Hiding from the end of an environment: whatever its processes do, they end with it.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::processes::end_of;
use crate::world::{Home, World};

/// How long after a function's timeout its caller may have to wait.
const SLACK: Duration = Duration::from_secs(4);

/// Starts processes that hide in all sorts of ways, all called `NAME`.
const HIDE: &str = "
name_process('NAME')
def hide(*ways):
    def act():
        for way in ways:
            way()
        pause()
    return child(act)
def again():
    # The parent is gone, its child goes on.
    if os.fork():
        os._exit(0)
def deaf():
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
def own_group():
    os.setpgid(0, 0)
def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)
def executed():
    # Goes on as another program; its name changes to that of its file.
    import sys
    os.symlink('/usr/bin/sleep', f'{tmp()}/NAME')
    os.execv(f'{tmp()}/NAME', ['NAME', '120'])
def adopting():
    # Orphans below it become its children, not those of whoever else adopts them.
    libc.prctl(36, 1, 0, 0, 0)
    for _ in range(3):
        child(lambda: (again(), os.setsid(), pause()))
def silent():
    for number in range(64):
        try:
            os.close(number)
        except OSError:
            pass
hide()
hide(own_group)
hide(os.setsid)
hide(deaf)
hide(again)
hide(os.setsid, again, own_group)
hide(again, os.setsid, again, own_group, deaf, silent)
hide(adopting)
hide(os.setsid, again, adopting)
hide(stopped)
hide(os.setsid, again, stopped)
hide(executed)
for _ in range(20):
    hide(again, os.setsid)
";

/// The leader leaves its own process group for that of its child.
const LEAVE: &str = "
name_process('NAME')
other = child(lambda: (os.setpgid(0, 0), pause()))
try:
    os.setpgid(other, other)
except OSError:
    pass
try:
    os.setpgid(0, other)
except OSError:
    # The leader of a session can't.
    pass
";

/// A thousand orphans, each of which was left by its parent.
const ORPHANS: &str = "
name_process('NAME')
def leave():
    for _ in range(900):
        try:
            if os.fork() == 0:
                pause()
        except BlockingIOError:
            break
process = child(leave)
os.waitpid(process, 0)
";

/// A name that no other process has.
fn name() -> String {
    format!("hidden-{:06x}", fastrand::u32(..0x0100_0000))
}

/// Has a function run code that ends its environment; gives what became of its processes.
fn ended(world: &World, function: &str, code: &str, limit: Duration) -> Value {
    let name = name();
    let began = Instant::now();
    let (status, answer) = world.send(function, &code.replace("NAME", &name));
    let took = began.elapsed();
    let end = end_of(&name);
    if status != 502 {
        return json!(format!("HTTP {status}: {answer}"));
    }
    if took > limit {
        return json!(format!("{end}, answered late: after {took:?}"));
    }
    json!(end)
}

fn after_timeout(world: &World, code: &str) -> Value {
    let code = format!("{code}\ntime.sleep(60)");
    ended(world, "quick", &code, Duration::from_secs(1) + SLACK)
}

fn after_crash(world: &World, code: &str) -> Value {
    let code = format!("{code}\nos._exit(1)");
    ended(world, "probe", &code, Duration::from_secs(30))
}

/// Ends samlet by a signal and starts it again at once, on the same ports and data.
fn after_samlet(mode: &World, signal: Signal) -> Value {
    let home = Home::new(mode.mode, &std::env::temp_dir());
    let ports = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
    let running = home.start(&["--port", "0", "--aws-port", "0"], true);
    let (port, aws_port) = (ports(&running.api), ports(&running.aws));
    let name = name();
    let code = format!("{HIDE}\nresult = 'hidden'").replace("NAME", &name);
    let (status, answer) = running.send("probe", &code, &json!({}));
    assert_eq!((status, &answer), (200, &json!("hidden")));
    running.signal(signal);
    drop(running);
    let again = home.start(&["--port", &port, "--aws-port", &aws_port], false);
    let (status, answer) = again.send("probe", "result = 'again'", &json!({}));
    match (status, &answer) == (200, &json!("again")) {
        true => json!(end_of(&name)),
        false => json!(format!("HTTP {status}: {answer}")),
    }
}

rows! {
    at_its_timeout ["ended", "ended", "ended"] Rust(|world| after_timeout(world, HIDE));
    /// Answered in time, too.
    at_its_timeout_when_it_has_left_its_group ["ended", "ended", "ended"] Rust(|world| after_timeout(world, LEAVE));
    at_its_crash ["ended", "ended", "ended"] Rust(|world| after_crash(world, HIDE));
    at_its_crash_when_it_has_left_its_group ["ended", "ended", "ended"] Rust(|world| after_crash(world, LEAVE));
    a_thousand_orphans ["ended", "ended", "ended"] Rust(|world| after_crash(world, ORPHANS));
    /// Forking for as long as it can: every process is gone before the next is made.
    forking_without_end ["ended", "ended", "ended"] Rust(|world| after_timeout(world, "
name_process('NAME')
def go_on():
    os.setsid()
    # Not for ever, for where nothing ends it.
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if os.fork():
            os._exit(0)
for _ in range(5):
    child(go_on)
"));
    when_samlet_is_killed ["ended", "ended", "ended"] Rust(|world| after_samlet(world, Signal::KILL));
    when_samlet_is_stopped ["ended", "ended", "ended"] Rust(|world| after_samlet(world, Signal::TERM));
    /// While it runs, orphans don't stay as zombies.
    zombies ["none", "none", "none"] Python("
        for _ in range(30):
            process = child(lambda: os.fork())
            os.waitpid(process, 0)
        def zombies():
            end = time.monotonic() + 5
            while time.monotonic() < end:
                found = []
                for process in processes():
                    try:
                        with open(f'/proc/{process}/stat') as file:
                            fields = file.read().rsplit(') ', 1)[1].split()
                    except OSError:
                        continue
                    init = 1 if facts.mode != 'none' else os.getppid()
                    if fields[0] == 'Z' and int(fields[1]) in (init, os.getpid()):
                        found.append(process)
                if not found:
                    return 'none'
                time.sleep(0.05)
            return f'zombies: {found}'
        result = attempt(zombies)
        if facts.mode == 'none' and result == 'EACCES':
            result = 'none'
    ");
}
