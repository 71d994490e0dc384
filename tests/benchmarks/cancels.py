"""A cancel's cold start and warm call, ours as built and its peers, in one run and in turn: instructions, time, memory.

Instructions are counted by valgrind's cachegrind and are the same in every run; times are this machine's, and medians.
"""

import compileall
import json
import os
import py_compile
import shutil
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from local import deploy
from local.cloud import ROOT

HERE: Final = Path(__file__).parent
PLACE: Final = ROOT / ".local" / "bench"
EVENT: Final = ROOT / "events" / "cancel_order-success.json"
PACKED_1980: Final = 315_532_800  # the time that a zip of SAM's gives every file
ROUNDS: Final = 7
WARM: Final = (11, 111)  # a warm call: what a hundred calls more take, once the interpreter knows them

# The peers, and what each ships beside its own file; boto3 is in Lambda, for whoever does not bring it.
PEERS: Final = {
    "raw_request": ("a raw signed request", ""),
    "bare_boto3": ("bare boto3", ""),
    "read_then_write": ("boto3, read then write", ""),
    "chalice": ("Chalice", "chalice"),
    "powertools": ("Powertools, plain", "powertools"),
    "decorators": ("Powertools, all decorators", "decorators"),
    "fastapi": ("FastAPI and Mangum", "fastapi"),
}
OURS: Final = "ours"
BASE: Final = "bare_boto3"


@dataclass(frozen=True)
class Subject:
    """One handler: where its code is, and in what state its byte-code is."""

    name: str
    title: str
    paths: tuple[Path, ...]
    shipped: tuple[Path, ...]  # what a deployment uploads


def prepare(say: Any) -> dict[str, dict[str, Subject]]:
    """Everything that is measured, by state of byte-code (``compiled``, ``none``, ``1980``, ``fresh``) and name."""
    shutil.rmtree(PLACE / "subjects", ignore_errors=True)
    say("Building ours with sam build, and installing the peers")
    deploy.build(PLACE / "build")
    for name in ("boto3", "chalice", "powertools", "decorators", "fastapi"):
        _install(name)
    subjects: dict[str, dict[str, Subject]] = {"compiled": {}, "none": {}, "1980": {}, "fresh": {}}
    for state in ("compiled", "none"):
        for name in PEERS:
            subjects[state][name] = _peer(name, state)
    for state in ("1980", "fresh", "none"):
        subjects[state][OURS] = _ours(state)
    subjects["compiled"][OURS] = subjects["1980"][OURS]
    return subjects


def _install(name: str) -> None:
    requirements = ROOT / "requirements" / "peers" / f"{name}.txt"
    target = PLACE / "installed" / name
    mark = target / ".requirements"
    if mark.exists() and mark.read_text() == requirements.read_text():
        return
    shutil.rmtree(target, ignore_errors=True)
    command = [str(ROOT / ".venv/bin/uv"), "pip", "install", "--quiet", "--system-certs", "--require-hashes"]
    subprocess.run([*command, "--target", str(target), "--requirement", str(requirements)], check=True)
    mark.write_text(requirements.read_text())


def _peer(name: str, state: str) -> Subject:
    title, packages = PEERS[name]
    place = PLACE / "subjects" / state / name
    shutil.copytree(HERE / "peers" / name, place / "own", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "peers" / "order.py", place / "own")
    if packages:
        without = shutil.ignore_patterns("__pycache__", "botocore", "boto3", "*.dist-info", "bin", ".requirements")
        shutil.copytree(PLACE / "installed" / packages, place / "packages", ignore=without)
    sdk = PLACE / "subjects" / state / "boto3"
    if not sdk.exists():
        shutil.copytree(PLACE / "installed" / "boto3", sdk, ignore=shutil.ignore_patterns("__pycache__"))
        _compile(sdk, state)
    for each in place.iterdir():
        _compile(each, state)
    shipped = tuple(each for each in (place / "own", place / "packages") if each.exists())
    return Subject(name, title, (*shipped, sdk), shipped)


def _ours(state: str) -> Subject:
    place = PLACE / "subjects" / state / OURS
    for name in ("CancelOrderFunction", "OrderCancellationLayer"):
        shutil.copytree(PLACE / "build" / name, place / name)
    if state != "1980":
        for cache in [*place.rglob("__pycache__")]:
            shutil.rmtree(cache)
    if state == "fresh":
        compileall.compile_dir(place, quiet=2, maxlevels=20)
    for path in place.rglob("*") if state == "1980" else ():
        os.utime(path, (PACKED_1980, PACKED_1980))
    paths = (place / "CancelOrderFunction", place / "OrderCancellationLayer" / "python")
    return Subject(OURS, "this service", paths, paths)


def _compile(directory: Path, state: str) -> None:
    if state == "compiled":
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(directory, quiet=2, maxlevels=20, invalidation_mode=mode)


# ------------------------------------------------------------------------------------------------------------ measuring


@contextmanager
def answers() -> Iterator[int]:
    """The stand-in for DynamoDB, in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.benchmarks.answers"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def environment(port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "cancel",
        "AWS_XRAY_SDK_ENABLED": "false",
        "POWERTOOLS_TRACE_DISABLED": "false",
        "POWERTOOLS_SERVICE_NAME": "orders",
        "POWERTOOLS_METRICS_NAMESPACE": "Orders",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "PORTAL_ORIGIN": "https://portal.example.com",
        "PROBLEM_TYPE_BASE": "https://portal.example.com/problems",
        "ORDERS_TABLE": "orders",
    }


def command(subject: Subject, calls: int) -> list[str]:
    python = Path(sys.executable).resolve()  # not the environment's link: nothing of ours is in it
    program = str(HERE / "lambda_process.py")
    return [str(python), "-E", "-s", "-S", "-B", program, str(EVENT), str(calls), *map(str, subject.paths)]


def instructions(subject: Subject, calls: int, port: int) -> int:
    """How many instructions the whole process takes, the interpreter's own start included."""
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = _run([*counting, *command(subject, calls)], port)
    line = next(line for line in done.splitlines() if "refs:" in line)
    return int(line.split(":")[1].replace(",", ""))


def _run(words: Sequence[str], port: int) -> str:
    done = subprocess.run(words, env=environment(port), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}\n{done.stderr[-2000:]}")
    return done.stderr


def measure(say: Any) -> dict[str, Any]:
    """All figures. ``{"counted": bool, "states": {state: {name: figures}}}``."""
    subjects = prepare(say)
    counted = shutil.which("valgrind") is not None
    if not counted:
        say("valgrind is not installed: no instructions are counted, and the figures are times alone")
    wanted = [
        *((state, name) for state in ("compiled", "none") for name in (OURS, *PEERS)),
        ("fresh", OURS),
    ]
    states: dict[str, dict[str, dict[str, Any]]] = {state: {} for state in subjects}
    with answers() as port:
        for state, name in wanted:
            subject = subjects[state][name]
            figures = states[state][name] = {"title": subject.title}
            if counted:
                say(f"Counting instructions: {subject.title}, {state}")
                figures["cold_instructions"] = instructions(subject, 1, port)
            if counted and state == "compiled":
                few, many = (instructions(subject, calls, port) for calls in WARM)
                figures["warm_instructions"] = (many - few) // (WARM[1] - WARM[0])
        timed: dict[tuple[str, str], list[dict[str, float]]] = {key: [] for key in wanted}
        for round_ in range(ROUNDS):
            say(f"Timing, round {round_ + 1} of {ROUNDS}")
            for state, name in wanted:
                if state != "none" or round_ < 3:
                    said = _run(command(subjects[state][name], 101), port)
                    timed[state, name].append(json.loads(said.splitlines()[-1]))
        for (state, name), runs in timed.items():
            for figure in runs[0]:
                states[state][name][figure] = statistics.median(run[figure] for run in runs)
        for name in (OURS, *PEERS):
            with urlopen(f"http://127.0.0.1:{port}/calls"):
                _run(command(subjects["compiled"][name], 1), port)
            with urlopen(f"http://127.0.0.1:{port}/calls") as asked:
                states["compiled"][name]["calls"] = json.load(asked)
            states["compiled"][name] |= _sizes(subjects["compiled"][name])
    return {"counted": counted, "python": sys.version.split()[0], "states": states}


def _sizes(subject: Subject) -> dict[str, int]:
    """What a deployment uploads, zipped, and what of it lies in Lambda, in bytes; without byte-code for the peers."""
    files = [path for part in subject.shipped for path in part.rglob("*") if path.is_file()]
    if subject.name != OURS:
        files = [path for path in files if "__pycache__" not in path.parts]
    archive = PLACE / "size.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files:
            packed.write(path)
    return {"zipped": archive.stat().st_size, "unzipped": sum(path.stat().st_size for path in files)}
