//! The Runtime APIs of others: their events, and answers in their name.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::World;

/// Asks every port that comes, by itself and from within every process group that comes, for 3 s.
const LIE_IN_WAIT: &str = "
import socket, threading
def ports():
    found = set()
    with open('/proc/self/net/tcp') as listing:
        for line in listing.readlines()[1:]:
            _, local, _, state = line.split()[:4]
            address, port = local.split(':')
            if state == '0A' and address == '0100007F':
                found.add(int(port, 16))
    return found
def join(known):
    for process in set(processes()) - known:
        try:
            os.setpgid(0, process)
        except OSError:
            pass
def snatch(port):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=0.3)
    try:
        connection.request('GET', '/2018-06-01/runtime/invocation/next')
        answer = connection.getresponse()
        request_id = answer.headers['Lambda-Runtime-Aws-Request-Id']
        if not request_id:
            # Some other program's port.
            return
        snatched.append(answer.read().decode())
        connection.request('POST', f'/2018-06-01/runtime/invocation/{request_id}/response', b'forged')
        connection.getresponse().read()
    except Exception:
        pass
    finally:
        connection.close()
snatched, tried, before, known = [], 0, ports(), set(processes())
def wait():
    global tried
    seen = set(before)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        join(known)
        for port in ports() - seen:
            seen.add(port)
            tried += 1
            threading.Thread(target=snatch, args=(port,)).start()
    time.sleep(0.5)
reader, writer = os.pipe()
def lie():
    wait()
    os.write(writer, json.dumps([tried, snatched]).encode())
process = child(lie)
os.close(writer)
os.waitpid(process, 0)
with open(reader) as answer:
    tried, snatched = json.load(answer)
result = 'never tried' if not tried else f'reached: {snatched}' if snatched else 'refused'
";

/// Another's first event, before its own runtime has asked for it.
fn cold_start(world: &World) -> Value {
    std::thread::scope(|scope| {
        let lying = scope.spawn(|| world.run("probe", LIE_IN_WAIT));
        let mut disturbed = Vec::new();
        while !lying.is_finished() {
            let (status, answer) = world.send("cold", "result = 'honest'");
            if (status, &answer) != (200, &json!("honest")) {
                disturbed.push(json!([status, answer]));
            }
            world.send("cold", "os._exit(1)");
            std::thread::sleep(Duration::from_millis(50));
        }
        let outcome = lying.join().unwrap();
        match disturbed.is_empty() {
            true => outcome,
            false => json!(format!(
                "{outcome}, and the other was disturbed: {disturbed:?}"
            )),
        }
    })
}

rows! {
    anothers ["refused", "refused", "refused"] Python("
        result = calls(
            nothing=lambda: ask(facts.victims_api),
            next=lambda: ask(facts.victims_api, 'invocation/next'),
        )
    ");
    anothers_from_all_sorts_of_processes ["refused", "refused", "refused"] Python("
        import threading
        there = lambda: ask(facts.victims_api, 'invocation/next')
        answers = []
        thread = threading.Thread(target=lambda: answers.append(attempt(there)))
        thread.start()
        thread.join()
        def in_its_group():
            try:
                os.setpgid(0, facts.victim)
            except OSError:
                pass
            return there()
        def in_its_group_for_a_moment():
            # Connects there, and asks when it has left.
            try:
                os.setpgid(0, facts.victim)
            except OSError:
                pass
            host, port = facts.victims_api.rsplit(':', 1)
            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.connect()
            os.setpgid(0, 0)
            try:
                connection.request('GET', '/2018-06-01/runtime/nothing')
                return f'HTTP {connection.getresponse().status}'
            except (ConnectionError, http.client.HTTPException):
                return 'refused'
        result = {
            'thread': answers[0],
            'child': in_child(there),
            'orphan': in_child(there, orphan=True),
            'group': in_child(in_its_group),
            'moment': in_child(in_its_group_for_a_moment),
        }
    ");
    /// A connection that another process has let go of, with its number.
    anothers_by_address ["refused", "refused", "refused"] Python("
        port = facts.victims_api.rsplit(':', 1)[1]
        result = each([f'localhost:{port}', f'127.0.0.2:{port}', f'0.0.0.0:{port}'], ask)
    ");
    anothers_at_its_cold_start ["refused", "refused", "refused"] Rust(cold_start);
    /// Its own, from all sorts of processes: what belongs to an environment is not only its first process.
    its_own ["HTTP 404", "HTTP 404", "HTTP 404"] Python("
        import subprocess, threading
        there = lambda: ask(os.environ['AWS_LAMBDA_RUNTIME_API'])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(attempt(there)))
        thread.start()
        thread.join()
        def regrouped():
            os.setpgid(0, 0)
            return there()
        program = '; '.join([
            'import os, sys',
            'sys.path.insert(0, os.environ[\"LAMBDA_TASK_ROOT\"])',
            'import tries',
            'print(tries.ask(os.environ[\"AWS_LAMBDA_RUNTIME_API\"]), end=\"\")',
        ])
        started = subprocess.run(['/usr/bin/python3', '-c', program], capture_output=True, text=True)
        result = {
            'itself': there(),
            'thread': answers[0],
            'child': in_child(there),
            'group': in_child(regrouped),
            'orphan': in_child(there, orphan=True),
            'program': started.stdout or started.stderr,
        }
    ");
    /// Many refusals, and its own goes on being served at once.
    refusals_hold_up_nobody ["HTTP 404", "HTTP 404", "HTTP 404"] Python("
        for _ in range(200):
            assert ask(facts.victims_api) == 'refused'
        result = ask(os.environ['AWS_LAMBDA_RUNTIME_API'])
    ");
}
