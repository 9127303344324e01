//! Applications and data folders wherever they may be: they work, and are out of reach of functions that don't own them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::mode::{Mode, is_root};
use crate::world::{Home, World};

/// Runs an application in a folder within `parent`, or in one of that name that is made for it; gives what a function
/// of it reaches.
fn place(world: &World, parent: &str) -> Value {
    let parent = PathBuf::from(parent);
    let made = !parent.exists();
    if made {
        if !is_root() {
            acceptance::skip(&format!(
                "{} is not tried: only root can make it",
                parent.display()
            ));
            return json!("ENOENT");
        }
        std::fs::create_dir_all(&parent).unwrap();
    }
    let outcome = reach(world, &parent);
    if made {
        std::fs::remove_dir_all(&parent).unwrap();
    }
    outcome
}

fn reach(world: &World, parent: &Path) -> Value {
    let home = Home::new(world.mode, parent);
    let running = home.start(&["--port", "0", "--aws-port", "0"], false);
    let (status, answer) = running.send(
        "victim",
        "result = attempt(lambda: read('own'))",
        &json!({}),
    );
    assert_eq!((status, &answer), (200, &json!("reached")), "{answer}");
    let paths = [
        "app/template.yaml",
        "app/victim/own",
        "app/.samlet/dynamodb/dynamodb.sqlite",
        "app/.samlet/console-token",
    ];
    let facts = json!({"paths": paths.map(|path| home.at(path)), "folder": home.at("app")});
    let code = "
        result = each(facts.paths, read)
        result |= {f'write {path}': outcome for path, outcome in each(facts.paths, write).items()}
        def look(path):
            # An empty folder is as good as none.
            return 'reached' if os.listdir(path) else 'ENOENT'
        result |= {f'list {path}': outcome for path, outcome in each([facts.folder], look).items()}
        own = attempt(lambda: read(os.environ['LAMBDA_TASK_ROOT'] + '/own'))
        if own != 'reached':
            result = f'its own code: {own}'
    ";
    let (status, answer) = running.send("probe", code, &facts);
    match status {
        200 => answer,
        status => json!(format!("HTTP {status}: {answer}")),
    }
}

/// Samlet's data apart from the application.
fn data_elsewhere(world: &World) -> Value {
    let home = Home::new(world.mode, &std::env::temp_dir());
    let data = home.at("elsewhere");
    let arguments = [
        "--port",
        "0",
        "--aws-port",
        "0",
        "--data-dir",
        data.to_str().unwrap(),
    ];
    let running = home.start(&arguments, false);
    let paths = ["dynamodb/dynamodb.sqlite", "console-token"].map(|path| data.join(path));
    assert!(paths.iter().all(|path| path.exists()), "{paths:?}");
    let (_, answer) = running.send(
        "probe",
        "result = each(facts.paths, read)",
        &json!({"paths": paths}),
    );
    answer
}

/// A function whose code is the folder that all else is in.
fn code_around_everything(world: &World) -> Value {
    let home = Home::new(world.mode, &std::env::temp_dir());
    let template = crate::world::TEMPLATE.replace("CodeUri: rust", "CodeUri: .");
    std::fs::write(home.at("app/template.yaml"), template).unwrap();
    std::fs::rename(home.at("app/rust/bootstrap"), home.at("app/bootstrap")).unwrap();
    let running = home.start(&["--port", "0", "--aws-port", "0"], false);
    let places = [home.at("app"), PathBuf::from("/var/task")];
    let kept = ["dynamodb/dynamodb.sqlite", "console-token", "lock"];
    let mut paths: Vec<PathBuf> = Vec::new();
    for place in &places[..if world.mode == Mode::None { 1 } else { 2 }] {
        paths.extend(kept.map(|path| place.join(".samlet").join(path)));
    }
    let wishes: Vec<_> = paths.iter().map(|path| ("read", path)).collect();
    let request = ureq::http::Request::post(format!("{}/rust/reach", running.api));
    let request = request.body(json!(wishes).to_string().into()).unwrap();
    let (status, _, body) = acceptance::send(request);
    let body = String::from_utf8(body).unwrap();
    let Ok(answers) = serde_json::from_str::<Vec<String>>(&body) else {
        return json!(format!("HTTP {status}: {body}"));
    };
    let outcomes = paths.iter().zip(&answers).map(|(path, answer)| {
        let outcome = match answer.as_str() {
            "NotFound" => "ENOENT",
            "PermissionDenied" => "EACCES",
            other => other,
        };
        (path.display().to_string(), json!(outcome))
    });
    Value::Object(outcomes.collect())
}

rows! {
    in_opt ["ENOENT|EROFS", "ENOENT|EROFS", "EACCES"] Rust(|world| place(world, "/opt"));
    in_opt_named ["ENOENT|EROFS", "ENOENT|EROFS", "EACCES"] Rust(|world| {
        place(world, &format!("/opt/breakout-{:?}", world.mode))
    });
    in_usr_src ["ENOENT|EROFS|EACCES", "ENOENT|EROFS|EACCES", "EACCES"] Rust(|world| place(world, "/usr/src"));
    in_usr_local_lib ["ENOENT|EROFS|EACCES", "ENOENT|EROFS|EACCES", "EACCES"] Rust(|world| place(world, "/usr/local/lib"));
    in_etc ["ENOENT|EROFS|EACCES", "ENOENT|EROFS|EACCES", "EACCES"] Rust(|world| place(world, "/etc"));
    in_var_tmp ["ENOENT|EROFS", "ENOENT|EROFS", "EACCES"] Rust(|world| place(world, "/var/tmp"));
    data_apart_from_the_application ["ENOENT", "ENOENT", "EACCES"] Rust(data_elsewhere);
    code_that_is_the_whole_application ["ENOENT", "ENOENT", "EACCES"] Rust(code_around_everything);
}
