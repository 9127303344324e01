"""Builds what `make artifacts` has built once more, cleanly and in another folder, and changes it there.

    rebuild.py SAMLET VENV

The same sources must come to the same zips; a change of one function to another zip of that function alone; a change
of what they share to four others. A handler's panic must be an answer and a log line, in what ships.
"""

import os
import shutil
import subprocess
import sys

from check import Broken, command, functions, zipped

COPY = "target/rebuild"
BUILT = ".aws-sam/build"
HANDLER = "src/handlers/DeleteMessageItem/function.rs"
BEFORE = ") -> Result<ApiGatewayProxyResponse, Infallible> {\n"
PANIC = '    assert_ne!(common::message_id(&event.payload).ok().as_deref(), Some("panic"), "on purpose");\n'
SHARED = "src/common/src/response.rs"


def copy():
    """The sources, at another place."""
    shutil.rmtree(COPY, ignore_errors=True)
    for path in command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if os.path.isfile(path):
            os.makedirs(os.path.join(COPY, os.path.dirname(path)), exist_ok=True)
            shutil.copy2(path, os.path.join(COPY, path))


def make(venv, architecture="x86_64"):
    """`make artifacts` in the copy; then each function's zip and its name."""
    tools = os.path.abspath(venv)
    words = ["make", "--no-print-directory", "-C", COPY, "artifacts"]
    words += [f"--assume-old={tools}/installed", f"VERIFY={tools}", f"ARCHITECTURE={architecture}"]
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    subprocess.run(words, check=True, env=environment)
    return artifacts(COPY)


def artifacts(folder):
    return {name: zipped(path) for name, path in functions(os.path.join(folder, BUILT)).items()}


def change(path, old, new):
    path = os.path.join(COPY, path)
    with open(path) as file:
        text = file.read()
    if text.count(old) != 1:
        raise Broken(f"{path} should have {old!r} once")
    with open(path, "w") as file:
        file.write(text.replace(old, new))


def expect(what, before, after, wanted):
    """Fails where others than the wanted functions have changed."""
    changed = {name for name in before if before[name] != after[name]}
    if changed != wanted or before.keys() != after.keys():
        raise Broken(f"{what} changed the zips of {sorted(changed)}, and should change those of {sorted(wanted)}")
    print(f"{what}: {', '.join(sorted(wanted)) or 'no zip'} changed", flush=True)


def main(samlet, venv):
    first = artifacts(".")
    copy()
    again = make(venv)
    expect("a clean build at another place", first, again, set())
    change(HANDLER, BEFORE, BEFORE + PANIC)
    changed = make(venv)
    expect("a change of one handler", again, changed, {"DeleteMessageItem"})
    panics = os.path.join(os.path.dirname(__file__), "panics.py")
    template = ["--template", f"{COPY}/template.yaml"]
    subprocess.run([samlet, "exec", *template, "--built", "--", sys.executable, panics], check=True)
    change(SHARED, "the store failed", "the table failed")
    expect("a change of what they share", changed, make(venv), set(changed))
    libraries = command("rustc", "--print", "target-libdir", "--target", "aarch64-unknown-linux-gnu")
    if os.path.isdir(libraries):
        make(venv, "arm64")
    elif os.environ.get("CI"):
        raise Broken("this Rust can't build for arm64; install it with: rustup target add aarch64-unknown-linux-gnu")
    else:
        print("SKIPPED: arm64 is not built: this Rust has no aarch64-unknown-linux-gnu", file=sys.stderr)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Broken, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
