//! Signals to what is not the function's own. They are ones that are ignored unless expected, so that trying is safe.

use serde_json::{Value, json};

use crate::world::World;

/// Has `Probe` run code while nobody else may signal the victim; gives what came of it and of the victim.
fn signalled(world: &World, code: &str) -> Value {
    let count = |world: &World| world.run("victim", "import tries; result = tries.urgent");
    let before = count(world);
    let mut outcome = world.run("probe", code);
    let after = count(world);
    if before != after {
        outcome = json!(format!(
            "the victim got a signal: {before} before, {after} after"
        ));
    }
    outcome
}

rows! {
    to_other_functions ["ESRCH", "ESRCH", "EPERM"] Rust(|world| signalled(world, "
        result = calls(
            kill=lambda: os.kill(facts.victim, signal.SIGURG),
            ask=lambda: os.kill(facts.victim, 0),
            thread=lambda: syscall('tgkill', facts.victim, facts.victim, signal.SIGURG),
            group=lambda: os.killpg(facts.victim, signal.SIGURG),
        )
    "));
    with_a_value ["ESRCH|EPERM", "ESRCH|EPERM", "EPERM"] Rust(|world| signalled(world, "
        value = ctypes.create_string_buffer(128)
        ctypes.memmove(value, (ctypes.c_int * 3)(signal.SIGURG, 0, -1), 12)
        result = attempt(lambda: syscall('rt_sigqueueinfo', facts.victim, signal.SIGURG, value))
    "));
    by_a_descriptor_of_the_process ["ESRCH|EPERM", "ESRCH|EPERM", "EPERM"] Rust(|world| signalled(world, "
        def send(process):
            syscall('pidfd_send_signal', syscall('pidfd_open', process, 0), signal.SIGURG, None, 0)
        result = each(facts.others, send)
    "));
    /// A socket tells its owner of urgent data, whoever that is said to be.
    by_a_socket ["ESRCH|nothing", "ESRCH|nothing", "EPERM|nothing"] Rust(|world| signalled(world, "
        import fcntl, socket
        def send():
            ours, others = socket.socketpair()
            fcntl.fcntl(ours, fcntl.F_SETOWN, facts.victim)
            fcntl.fcntl(ours, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
            others.send(b'x')
            return 'nothing'
        result = attempt(send)
    "));
    to_samlet_and_who_started_it ["ESRCH", "ESRCH", "EPERM"] Python("
        result = each(facts.above, lambda process: os.kill(process, signal.SIGURG))
    ");
    /// What it can see besides itself.
    to_all_that_it_sees ["EPERM", "EPERM", "EPERM"] Python("
        if facts.mode == 'none':
            result = each(facts.others, lambda process: os.kill(process, signal.SIGURG))
        else:
            others = [process for process in processes() if process != os.getpid()]
            result = each(others, lambda process: os.kill(process, signal.SIGURG))
    ");
    /// Every process that it may signal, in one call: none beyond its own.
    to_all_at_once ["nobody", "nobody", "nobody"] Rust(|world| signalled(world, "
        # Who got it is asked of the victim.
        result = attempt(lambda: os.kill(-1, signal.SIGURG))
        if result in ('reached', 'ESRCH', 'EPERM'):
            result = 'nobody'
    "));
    /// The signal that goes on, which the kernel lets a whole session send.
    to_go_on ["ESRCH", "ESRCH", "EPERM"] Python("
        result = each(facts.others, lambda process: os.kill(process, signal.SIGCONT))
    ");
    to_its_own ["works", "works", "works"] Python("
        process = child(pause)
        def end():
            os.kill(process, signal.SIGTERM)
            _, status = os.waitpid(process, 0)
            assert os.WTERMSIG(status) == signal.SIGTERM
        result = works(attempt(end))
    ");
    its_memory_and_execution ["ESRCH|EPERM", "ESRCH|EPERM", "EPERM"] Python("
        SEIZE = 0x4206
        buffer = ctypes.create_string_buffer(16)
        class Part(ctypes.Structure):
            _fields_ = [('at', ctypes.c_void_p), ('length', ctypes.c_size_t)]
        ours = Part(ctypes.addressof(buffer), 16)
        theirs = Part(0x400000, 16)
        one = ctypes.byref
        def descriptor(process):
            syscall('pidfd_getfd', syscall('pidfd_open', process, 0), 0, 0)
        result = {}
        for process in facts.others + ([1] if facts.mode != 'none' else []):
            result |= {f'{name} {process}': outcome for name, outcome in calls(
                trace=lambda: syscall('ptrace', SEIZE, process, 0, 0),
                read=lambda: syscall('process_vm_readv', process, one(ours), 1, one(theirs), 1, 0),
                write=lambda: syscall('process_vm_writev', process, one(ours), 1, one(theirs), 1, 0),
                descriptor=lambda: descriptor(process),
            ).items()}
    ");
}
