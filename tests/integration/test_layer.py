"""The layer as it is built and deployed: the same bytes each time, and a start that takes in what it needs alone."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

from local.cloud import ROOT
from tests.support import rig
from tests.unit.test_function_settings import EVERYWHERE, FUNCTIONS, value_of

BUILD = [sys.executable, "-B", str(ROOT / "layers" / "order_cancellation" / "build_layer.py")]
UNCHECKED_HASH = b"\x01\x00\x00\x00"

# What a start may import, by its first name; of Powertools by its second. Python's own with an underscore do not count.
# Something new here makes every cold start of ten functions longer: asyncio alone would by a twentieth.
PACKAGES = {"app", "botocore", "dateutil", "jmespath", "order_cancellation", "six", "typing_extensions", "urllib3"}
POWERTOOLS = {"exceptions", "logging", "metrics", "package_logger", "shared", "tracing", "utilities", "warnings"}
STANDARD = """
array ast atexit base64 binascii bisect bz2 calendar collections concurrent configparser contextlib contextvars copy
dataclasses datetime decimal dis email encodings errno fcntl fnmatch genericpath getpass glob grp gzip hashlib heapq
hmac html http importlib inspect ipaddress locale logging lzma math mimetypes ntpath numbers opcode os pathlib
platform posixpath pwd pyexpat queue quopri random secrets select selectors shlex shutil signal socket ssl stat string
stringprep struct subprocess tempfile termios textwrap threading token tokenize traceback typing unicodedata urllib
uuid warnings weakref xml zipfile zlib
"""
MAIL = {"jinja2", "markupsafe", "pickle"}

START = """
import gc, json, sys
before = set(sys.modules)
sys.path[:0] = sys.argv[1:]
import app
print(json.dumps([sorted(set(sys.modules) - before), gc.isenabled(), gc.get_freeze_count()]))
"""


def build(directory: Path, **environment: str) -> Path:
    subprocess.run([*BUILD, str(directory)], check=True, env=os.environ | environment)
    return directory / "python"


def digests(tree: Path) -> Mapping[str, tuple[int, str]]:
    return {
        str(path.relative_to(tree)): (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in tree.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("layer"))


def test_the_same_input_gives_the_same_bytes_without_a_network(layer: Path, tmp_path: Path) -> None:
    again = build(tmp_path, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_EXTRA_INDEX_URL="", PYTHONHASHSEED="1")
    assert digests(again) == digests(layer)


def test_every_module_has_byte_code_that_is_used_whatever_the_times_of_the_files(layer: Path) -> None:
    sources = list(layer.rglob("*.py"))
    assert sources
    for source in sources:
        assert Path(cache_from_source(str(source))).read_bytes()[:8] == MAGIC_NUMBER + UNCHECKED_HASH, source


def start(function: str, layer: Path) -> tuple[set[str], bool, int]:
    """What a function's start imports from the layer, whether garbage is collected after it, and how much is frozen."""
    told = {name: value_of(name) for name in EVERYWHERE}
    environment = told | rig.VARIABLES | {"AWS_LAMBDA_FUNCTION_NAME": function, "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-I", "-S", "-B", "-c", START, str(ROOT / "functions" / function), str(layer)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules, collects, frozen = json.loads(done.stdout)
    return set(modules), collects, frozen


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_imports_what_it_may_and_collects_no_garbage_before_its_end(function: str, layer: Path) -> None:
    modules, collects, frozen = start(function, layer)
    first = {name.partition(".")[0] for name in modules if not name.startswith("_")}
    mail = MAIL if "order_cancellation.mail.compose" in modules else set()
    assert first - {"aws_lambda_powertools"} <= PACKAGES | set(STANDARD.split()) | mail
    assert {name.split(".")[1] for name in modules if name.startswith("aws_lambda_powertools.")} <= POWERTOOLS
    assert (collects, frozen > 10_000) == (True, True)
