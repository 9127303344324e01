//! The machine's processes, as this process sees them: which there are, whose they are, whether they still run.

use crate::wait_until;

/// The ids of all processes.
pub fn processes() -> impl Iterator<Item = u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What a process calls itself.
pub fn process_name(process: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Whether a process is there, and does not only wait for its parent to take notice of its end.
pub fn is_running(process: u32) -> bool {
    fields(process).is_some_and(|fields| fields[0] != "Z" && fields[0] != "X")
}

/// A process's ancestors, nearest first.
pub fn ancestors(process: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(parent(process), |process| parent(*process))
}

/// The functions' processes that a samlet has started, but not those of samlet's own that it starts them by.
pub fn functions_of(samlet: u32) -> Vec<u32> {
    let is_samlets = |id: u32| process_name(id).is_none_or(|name| name.starts_with("samlet"));
    processes()
        .filter(|id| ancestors(*id).any(|ancestor| ancestor == samlet))
        .filter(|id| !is_samlets(*id))
        .collect()
}

/// The processes of an environment, which the name of its log stream tells from others: with or without quotes.
pub fn processes_of(environment: &str) -> Vec<u32> {
    let environment = environment.trim_matches('"');
    let variable = format!("AWS_LAMBDA_LOG_STREAM_NAME={environment}");
    processes()
        .filter(|id| {
            let variables = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            let mut variables = variables.split(|byte| *byte == 0);
            variables.any(|one| one == variable.as_bytes())
        })
        .collect()
}

/// Waits until no process of an environment is left.
pub fn wait_until_gone(environment: &str) {
    wait_until(&format!("the environment {environment} is gone"), || {
        processes_of(environment).is_empty()
    });
}

fn parent(process: u32) -> Option<u32> {
    fields(process)?[1].parse().ok()
}

/// What the system says of a process after its name: its state, its parent, and so on.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name is in brackets, and may hold some itself.
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}
