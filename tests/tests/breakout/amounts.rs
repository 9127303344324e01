//! How much a function takes, its children included: memory, processes, files, room in `/tmp`.

use serde_json::{Value, json};

use crate::world::World;

/// Has the function with 128 MB run code; `ended` if that ends it.
fn small(world: &World, code: &str) -> Value {
    let (status, answer) = world.send("small", code);
    match status {
        502 => json!("ended"),
        200 => answer,
        status => json!(format!("HTTP {status}: {answer}")),
    }
}

rows! {
    memory_of_its_own ["ended", "ended", "ended"] Rust(|world| small(world, "
        hoard = b'x' * (300 << 20)
        time.sleep(3)
        result = 'held'
    "));
    memory_of_a_child ["ended", "ended", "ended"] Rust(|world| small(world, "
        def take():
            hoard = b'x' * (300 << 20)
            time.sleep(3)
        os.waitpid(child(take), 0)
        time.sleep(1)
        result = 'held'
    "));
    /// Each of them takes little.
    memory_of_many_children ["ended", "ended", "ended"] Rust(|world| small(world, "
        def take():
            hoard = b'x' * (40 << 20)
            time.sleep(3)
        for process in [child(take) for _ in range(10)]:
            os.waitpid(process, 0)
        result = 'held'
    "));
    memory_of_an_orphan ["ended", "ended", "ended"] Rust(|world| small(world, "
        def take():
            if os.fork():
                os._exit(0)
            os.setsid()
            hoard = b'x' * (300 << 20)
            time.sleep(10)
        os.waitpid(child(take), 0)
        time.sleep(4)
        result = 'held'
    "));
    /// Of no process: a file without a name.
    memory_in_a_memfd ["ended|ENOSPC", "ended|ENOSPC", "ended|ENOSPC"] Rust(|world| small(world, "
        file = os.memfd_create('hoard')
        for _ in range(300):
            os.write(file, b'x' * (1 << 20))
        time.sleep(3)
        result = 'held'
    "));
    memory_in_a_segment ["ended|ENOSPC|EPERM|ENOSYS", "ended|ENOSPC|EPERM|ENOSYS", "ended|ENOSPC|EPERM|ENOSYS"] Rust(|world| small(world, "
        libc.shmat.restype = ctypes.c_void_p
        segment = syscall('shmget', 0, 300 << 20, 0o1600)
        at = libc.shmat(segment, None, 0)
        # Gone with whoever has it, where there is nobody to do that.
        syscall('shmctl', segment, 0, 0)
        ctypes.memset(at, 1, 300 << 20)
        time.sleep(3)
        result = 'held'
    "));
    memory_that_is_shared_counts_once ["held", "held", "held"] Rust(|world| small(world, "
        hoard = b'x' * (60 << 20)
        children = [child(lambda: time.sleep(1.5)) for _ in range(10)]
        for process in children:
            os.waitpid(process, 0)
        result = 'held'
    "));
    files_in_tmp_are_not_memory ["held", "held", "held"] Rust(|world| small(world, "
        path = f'{tmp()}/hoard-{request_id}'
        with open(path, 'wb') as file:
            for _ in range(300):
                file.write(b'x' * (1 << 20))
        time.sleep(1.5)
        os.unlink(path)
        result = 'held'
    "));
    /// More than its 512 MB.
    room_in_tmp ["ENOSPC", "ENOSPC", "reached"] Python("
        def fill():
            file = os.open(f'{tmp()}/fill-{request_id}', os.O_CREAT | os.O_RDWR)
            try:
                # Without writing all of it.
                os.posix_fallocate(file, 0, 700 << 20)
            finally:
                os.unlink(f'{tmp()}/fill-{request_id}')
                os.close(file)
        result = attempt(fill)
    ");
    /// As many empty files as take as much memory as it has room in `/tmp`.
    files_in_tmp ["ENOSPC", "ENOSPC", "reached"] Rust(|world| small(world, "
        import shutil
        folder = f'{tmp()}/many-{request_id}'
        os.mkdir(folder)
        many = 1_000 if facts.mode == 'none' else 200_000
        def fill():
            for number in range(many):
                os.close(os.open(f'{folder}/{number}', os.O_CREAT | os.O_WRONLY))
        result = attempt(fill)
        shutil.rmtree(folder)
    "));
    /// Without namespaces the kernel counts a user's processes, not an environment's: one that has too many is ended.
    processes ["EAGAIN", "EAGAIN", "HTTP 502"] Python("
        started = []
        def start():
            for _ in range(1_100):
                started.append(child(pause))
        result = attempt(start)
        if facts.mode == 'none':
            # Until samlet looks.
            time.sleep(5)
        for process in started:
            os.kill(process, signal.SIGKILL)
        for process in started:
            os.waitpid(process, 0)
        if result == 'EAGAIN' and len(started) < 500:
            result = f'only {len(started)}'
    ");
    threads ["bounded", "bounded", "reached"] Python("
        import threading
        def start():
            # In a child: what is left of so many threads would make each later fork slow.
            threading.stack_size(64 << 10)
            done = threading.Event()
            started = []
            try:
                for _ in range(1_100):
                    thread = threading.Thread(target=done.wait)
                    thread.start()
                    started.append(thread)
            except RuntimeError:
                return 'bounded' if len(started) > 500 else f'only {len(started)}'
            finally:
                done.set()
        result = in_child(start)
    ");
    open_files ["EMFILE", "EMFILE", "EMFILE"] Python("
        opened = []
        def start():
            for _ in range(1_024):
                opened.append(os.open('/dev/null', os.O_RDONLY))
        result = attempt(start)
        for file in opened:
            os.close(file)
        if result == 'EMFILE' and len(opened) < 900:
            result = f'only {len(opened)}'
    ");
    /// 1 and not 0: a core that is piped to a program is written at 0, too.
    core_dumps ["off", "off", "off"] Python("
        import resource
        limits = resource.getrlimit(resource.RLIMIT_CORE)
        result = 'off' if limits == (1, 1) else str(limits)
    ");
}
