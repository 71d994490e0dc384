"""Make the layer: the pinned packages and our own, without what no function here needs, byte-compiled.

    python build_layer.py DIRECTORY

- Every wheel is checked by its hash, and taken for Lambda's platform whatever this one is. Wheels are kept in the
  user's cache, so that a build whose ``requirements.txt`` did not change needs no network.
- Of the SDK's data only the operations of ``OPERATIONS`` are left: reading all of DynamoDB's takes a tenth of a cold
  start, and the data of the other 400 services is most of the package.
- /opt is read-only in Lambda and the archive resets every file's time, so only hash-based .pyc that are not checked
  against their source are used; without them every cold start would compile all of it again.
- The same input gives the same bytes.
"""

import compileall
import gzip
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

# What the code calls, by service. Another operation needs an entry here, or a test says so.
OPERATIONS: Final[Mapping[str, Collection[str]]] = {
    "dynamodb": ("BatchGetItem", "GetItem", "Query", "TransactWriteItems", "UpdateItem"),
    "events": ("PutEvents",),
    "sesv2": ("SendEmail",),
    "sqs": ("GetQueueAttributes",),
}
# Left as JSON by the SDK, on its way in and out: ``tables/items.py`` reads and writes it as it is, and the SDK's own
# walk through every attribute is a sixth of a warm call. (Bytes stay base64; nothing here reads them.)
RAW_SHAPES: Final = {"dynamodb": ("AttributeValue",)}

HERE: Final = Path(__file__).parent
_TARGET: Final = ("--only-binary", ":all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.13")
_TARGET_ABI: Final = ("--implementation", "cp")
_LEFT_OUT: Final = ("__pycache__", "*.dist-info", "bin", "examples-1.json", "paginators-*.json", "waiters-*.json")


def build(directory: Path) -> None:
    """Make ``python/`` in a directory, as a layer has it."""
    target = directory / "python"
    shutil.rmtree(target, ignore_errors=True)
    _pip("install", "--no-compile", "--no-index", "--find-links", str(_wheels()), "--target", str(target), *_PINNED)
    shutil.copytree(HERE / "order_cancellation", target / "order_cancellation")
    for pattern in _LEFT_OUT:
        for path in sorted(target.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    cut_data(target / "botocore" / "data")
    for path in sorted(target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # One process compiles all, in order: what a .pyc shares inside depends on what was compiled before it.
    compiled = compileall.compile_dir(
        target,
        quiet=1,
        maxlevels=20,
        stripdir=str(directory),
        prependdir="/opt",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise SystemExit("Some files of the layer do not compile.")


_PINNED = ("--no-deps", "--require-hashes", "--requirement", str(HERE / "requirements.txt"), *_TARGET, *_TARGET_ABI)


def _wheels() -> Path:
    """The wheels of requirements.txt, downloaded where they are not there yet."""
    name = hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "order-cancellation"
    wheels = cache / f"wheels-{name}"
    if not wheels.exists():
        part = cache / f"part-{os.getpid()}"
        _pip("download", "--dest", str(part), *_PINNED)
        if wheels.exists():  # another build was faster
            shutil.rmtree(part)
        else:
            part.rename(wheels)
    return wheels


def _pip(command: str, *arguments: str) -> None:
    subprocess.run(  # noqa: S603 - our own words alone
        [sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        env=os.environ | {"PIP_ROOT_USER_ACTION": "ignore"},
    )


def cut_data(data: Path) -> None:
    """Cut the SDK's data down to what is used."""
    services = {path.name for path in data.iterdir() if path.is_dir()}
    for service in sorted(services - set(OPERATIONS)):
        shutil.rmtree(data / service)
    prefixes = set()
    for service, operations in OPERATIONS.items():
        *older, newest = sorted((data / service).iterdir())
        for version in older:
            shutil.rmtree(version)
        model = cut(_read(newest / "service-2.json.gz"), operations, RAW_SHAPES.get(service, ()))
        prefixes.add(model["metadata"]["endpointPrefix"])
        _write(newest / "service-2.json", model)
        _write(newest / "endpoint-rule-set-1.json", _read(newest / "endpoint-rule-set-1.json.gz"))
        for packed in newest.glob("*.gz"):
            packed.unlink()
    endpoints = json.loads((data / "endpoints.json").read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in prefixes}
    _write(data / "endpoints.json", endpoints)


def cut(model: Mapping[str, Any], operations: Collection[str], raw: Collection[str] = ()) -> dict[str, Any]:
    """A service's model with these operations alone, and the shapes that they reach; ``raw`` shapes stay JSON."""
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    wanted = [name for operation in kept.values() for name in _shapes_in(operation)]
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shape = {"type": "structure", "members": {}, "document": True} if name in raw else model["shapes"][name]
            shapes[name] = shape
            wanted += _shapes_in(shape)
    undocumented: dict[str, Any] = _without_documentation(
        {"version": model["version"], "metadata": model["metadata"], "operations": kept, "shapes": shapes}
    )
    return undocumented


def _shapes_in(node: Any) -> Iterator[str]:
    """The names of the shapes that an operation or a shape refers to."""
    if isinstance(node, list):
        for each in node:
            yield from _shapes_in(each)
    elif isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for each in node.values():
            yield from _shapes_in(each)


def _without_documentation(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_documentation(each) for each in node]
    if isinstance(node, dict):  # a member may be called documentation; the text about one is a string
        texts = {name for name in node if name == "documentation" and isinstance(node[name], str)}
        return {name: _without_documentation(each) for name, each in node.items() if name not in texts}
    return node


def _read(packed: Path) -> Any:
    return json.loads(gzip.decompress(packed.read_bytes()))


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")))


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
