//! How a function ends is reported as on AWS: by its exit status, or by the signal that ended it.

use serde_json::{Value, json};

use acceptance::wait_for;

use crate::world::World;

/// Has a function run code that ends it; gives what its log says of that.
fn exit(world: &World, code: &str) -> Value {
    let token = format!("exit-{:06x}", fastrand::u32(..0x0100_0000));
    let code = format!("print('{token}', request_id, flush=True)\n{code}\nresult = 'it lives on'");
    let (status, answer) = world.send("probe", &code);
    if status != 502 {
        return answer;
    }
    let reason = wait_for("the log says how the function ended", || {
        let log = world.log();
        let (_, after) = log.split_once(&format!("{token} "))?;
        let request_id = after.split_whitespace().next()?;
        let said = format!("RequestId: {request_id} Error: Runtime exited with error: ");
        let (_, reason) = log.split_once(&said)?;
        let (reason, _) = reason.split_once(['"', '\n'])?;
        Some(reason.trim_end_matches('\\').to_owned())
    });
    json!(reason)
}

rows! {
    abort ["signal: aborted", "signal: aborted", "signal: aborted"] Rust(|world| exit(world, "os.abort()"));
    killing_itself ["signal: killed", "signal: killed", "signal: killed"] Rust(|world| {
        exit(world, "os.kill(os.getpid(), signal.SIGKILL)")
    });
    segfault ["signal: segmentation fault", "signal: segmentation fault", "signal: segmentation fault"] Rust(|world| {
        exit(world, "ctypes.string_at(0)")
    });
    terminating_itself ["signal: terminated", "signal: terminated", "signal: terminated"] Rust(|world| {
        exit(world, "os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.2)")
    });
    exit_status ["exit status 3", "exit status 3", "exit status 3"] Rust(|world| exit(world, "os._exit(3)"));
    /// What ends with a child's signal is not the function's own end.
    a_childs_abort ["it lives on", "it lives on", "it lives on"] Rust(|world| {
        exit(world, "os.waitpid(child(os.abort), 0)")
    });
}
