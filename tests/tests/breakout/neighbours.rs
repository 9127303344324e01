//! What environments of one function, which run the same code as the same user, have of each other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::World;

/// Has one environment run `first`, which has to leave a line with `ready` in its log, and meanwhile another `second`.
fn beside(world: &World, first: &str, second: &str) -> Value {
    let token = format!("ready-{:06x}", fastrand::u32(..0x0100_0000));
    let first =
        format!("{first}\nprint('{token}', held, flush=True)\ntime.sleep(1.5)\nresult = 'held'");
    std::thread::scope(|scope| {
        let holding = scope.spawn(|| world.run("probe", &first));
        let said = acceptance::wait_for("the first is ready", || {
            let log = world.log();
            let (_, said) = log.split_once(&format!("{token} "))?;
            said.split_once('\n')
                .map(|(said, _)| said.trim().to_owned())
        });
        let outcome = world.run("probe", &format!("held = {said:?}\n{second}"));
        let held = holding.join().unwrap();
        match held == json!("held") {
            true => outcome,
            false => json!(format!("the first ended: {held}")),
        }
    })
}

/// The environment that a row has used ends, and what it left is looked for by the next.
fn after(world: &World, first: &str, second: &str) -> Value {
    let left = world.run("quick", first);
    world.send("quick", "os._exit(1)");
    std::thread::sleep(Duration::from_millis(50));
    let left = left.as_str().unwrap_or_default().to_owned();
    world.run("quick", &format!("held = {left:?}\n{second}"))
}

rows! {
    files_in_tmp ["ENOENT", "ENOENT", "EACCES"] Rust(|world| beside(world,
        "held = f'{tmp()}/{request_id}'\nwrite(held)",
        "result = attempt(lambda: read(held))",
    ));
    files_in_the_tmp_of_one_that_ended ["ENOENT", "ENOENT", "ENOENT|EACCES"] Rust(|world| after(world,
        "result = f'{tmp()}/{request_id}'\nwrite(result)",
        "result = attempt(lambda: read(held))",
    ));
    segments_of_memory ["ENOENT|EPERM|ENOSYS", "ENOENT|EPERM|ENOSYS", "reached|EACCES|EPERM|ENOSYS"] Rust(|world| beside(world,
        "
key = int(time.monotonic_ns()) & 0x7fffffff
attempt(lambda: syscall('shmget', key, 4096, 0o1666))
held = key",
        "
def take():
    segment = syscall('shmget', int(held), 4096, 0o666)
    syscall('shmctl', segment, 0, 0)
result = attempt(take)",
    ));
    queues_of_messages ["ENOENT|EPERM|ENOSYS", "ENOENT|EPERM|ENOSYS", "reached|EACCES|EPERM|ENOSYS"] Rust(|world| beside(world,
        "
held = f'/breakout-{request_id}'
queue = ctypes.create_string_buffer(held[1:].encode())
attempt(lambda: syscall('mq_open', queue, os.O_CREAT | os.O_RDWR, 0o666, None))",
        "
queue = ctypes.create_string_buffer(held[1:].encode())
def take():
    syscall('mq_open', queue, os.O_RDWR, 0, None)
    try:
        libc.mq_unlink(held.encode())
    except AttributeError:
        pass
result = attempt(take)",
    ));
    abstract_sockets ["EPERM", "EPERM", "EPERM"] Rust(|world| beside(world,
        "
import socket
held = request_id
server = socket.socket(socket.AF_UNIX)
server.bind(chr(0) + held)
server.listen()",
        "
import socket
result = attempt(lambda: socket.socket(socket.AF_UNIX).connect(chr(0) + held))
server = None",
    ));
    the_process ["ESRCH", "ESRCH", "EPERM"] Rust(|world| beside(world,
        "
def outer():
    # As the machine calls it: nothing but a guess where it has its own numbers.
    with open('/proc/self/status') as status:
        for line in status:
            if line.startswith('NSpid:'):
                return line.split()[1]
name_process('same-' + request_id[:8])
held = os.getpid() if facts.mode == 'none' else 4_000_000",
        "result = attempt(lambda: os.kill(int(held), 0))",
    ));
}
