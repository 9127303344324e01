"""Looks at what SAM CLI has built: whether Lambda can run it, how large it is, and what it tells of the build machine.

    check.py BUILD_FOLDER ARCHITECTURE
"""

import os
import re
import struct
import subprocess
import sys
import tempfile

from samcli.lib.package.utils import make_zip_with_lambda_permissions
from samcli.lib.utils.hash import dir_checksum
from samcli.yamlhelper import yaml_parse

# What ELF calls them.
MACHINES = {"x86_64": 62, "arm64": 183}
# Amazon Linux 2023's. <https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html>
GLIBC = (2, 34)
# What an image with nothing but glibc and GCC's runtime has.
LIBRARIES = {
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
}
# In bytes: what is loaded and unpacked before a function's first answer.
LARGEST_BINARY = 4_500_000
LARGEST_ZIP = 2_000_000


class Broken(Exception):
    """What is wrong, in words."""


def functions(build_folder):
    """The folders of the functions, by logical id."""
    with open(os.path.join(build_folder, "template.yaml")) as file:
        resources = yaml_parse(file.read())["Resources"]
    return {
        name: os.path.join(build_folder, resource["Properties"]["CodeUri"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def zipped(folder):
    """The zip that `sam deploy` makes of a folder, and the name that it gives it: a checksum of names and contents.
    Where that name stays, CloudFormation leaves the function as it is."""
    with tempfile.TemporaryDirectory() as temporary:
        path = make_zip_with_lambda_permissions(os.path.join(temporary, "artifact"), folder)
        with open(path, "rb") as file:
            return file.read(), dir_checksum(folder)


def glibc(binary):
    """The newest version of glibc that a binary asks for."""
    versions = re.findall(rb"\0GLIBC_(\d+)\.(\d+)", binary)
    return max((int(major), int(minor)) for major, minor in versions)


def dotted(version):
    return ".".join(map(str, version))


def command(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def places():
    """Where this machine keeps what it builds from."""
    home = os.path.expanduser("~")
    cargo = os.environ.get("CARGO_HOME", os.path.join(home, ".cargo"))
    registries = os.path.join(cargo, "registry", "src")
    named = [os.getcwd(), home, cargo, command("rustc", "--print", "sysroot")]
    # Folders, since `/root` alone might be anything; a registry's has its host in its name.
    return sorted({f"{path.rstrip('/')}/" for path in named} | {f"{name}/" for name in os.listdir(registries)})


def look(name, folder, architecture):
    """Raises what is wrong with one function's artifact, else gives a line about it."""
    files = sorted(os.listdir(folder))
    if files != ["bootstrap"]:
        raise Broken(f"{name} has {', '.join(files) or 'nothing'}, not only a bootstrap")
    path = os.path.join(folder, "bootstrap")
    if not os.access(path, os.X_OK):
        raise Broken(f"{name} can't be executed")
    with open(path, "rb") as file:
        binary = file.read()
    magic, (machine,) = binary[:4], struct.unpack_from("<H", binary, 18)
    if magic != b"\x7fELF" or machine != MACHINES[architecture]:
        raise Broken(f"{name} is not built for {architecture}")
    newest = glibc(binary)
    if newest > GLIBC:
        raise Broken(f"{name} wants glibc {dotted(newest)}, and Lambda has {dotted(GLIBC)}")
    libraries = {found.decode() for found in re.findall(rb"\0((?:lib|ld-)[\w+-]+\.so\.\d+)(?=\0)", binary)}
    if "libc.so.6" not in libraries or not libraries <= LIBRARIES:
        raise Broken(f"{name} wants the libraries {', '.join(sorted(libraries))}")
    told = [place for place in places() if place.encode() in binary]
    if told:
        raise Broken(f"{name} tells of the machine that built it: {', '.join(told)}")
    archive, key = zipped(folder)
    for what, size, most in (("binary", len(binary), LARGEST_BINARY), ("zip", len(archive), LARGEST_ZIP)):
        if size > most:
            raise Broken(f"{name}'s {what} has {size:,} bytes, over the {most:,} that it may have")
    return (
        f"{name}: {architecture}, glibc {dotted(newest)}, "
        f"binary {len(binary):,} bytes, zip {len(archive):,} bytes, artifact {key}"
    )


def main(build_folder, architecture):
    folders = functions(build_folder)
    if not folders:
        raise Broken("there are no functions")
    for name, folder in folders.items():
        print(look(name, folder, architecture))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Broken, OSError) as error:
        sys.exit(f"error: {error}")
