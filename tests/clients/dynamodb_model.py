"""Prints the members of DynamoDB's requests as botocore's model has them, for the operations of the list it is given."""

import sys

import botocore.loaders
import botocore.model

COMMAND = "UPDATE_EXPECTED=1 cargo test --workspace --test clients dynamodbs_model"


def structures(shape, found):
    """Collects the structures that a value has, with their members' names."""
    if shape.name in found:
        return
    if shape.type_name == "structure":
        found[shape.name] = list(shape.members)
        for member in shape.members.values():
            structures(member, found)
    elif shape.type_name == "list":
        structures(shape.member, found)
    elif shape.type_name == "map":
        structures(shape.value, found)


def main():
    loader = botocore.loaders.Loader()
    services = [
        botocore.model.ServiceModel(loader.load_service_model(name, "service-2"))
        for name in ("dynamodb", "dynamodbstreams")
    ]
    with open(sys.argv[1], encoding="utf-8") as listed:
        lines = [line.split() for line in listed]
    names = [line[1] for line in lines if line[:1] == ["operation"]]
    found = {}
    print("# Members of the structures of DynamoDB's requests, as AWS publishes them in botocore. Renewed by")
    print(f"# {COMMAND}")
    for name in names:
        service = next(service for service in services if name in service.operation_names)
        shape = service.operation_model(name).input_shape
        structures(shape, found)
        print("operation", name, shape.name)
    for name, members in sorted(found.items()):
        print(" ".join(["structure", name, *sorted(members)]))


main()
