"""Clients that others' generators make of docs/openapi.yaml compile, and pass the README's story on the local stack."""

import compileall
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.client import Client
from local.cloud import ROOT
from tests.contract.conftest import SELLER, Callers
from tests.support.node import NODE

CONTRACT = ROOT / "docs" / "openapi.yaml"
TYPESCRIPT = Path(__file__).parent / "typescript"
PLACED = {
    "marketplace": "amazon",
    "marketplace_order_id": "113-4007919-0000001",
    "destination_country": "US",
    "placed_at": "2026-11-22T09:00:00Z",
    "lines": [{"sku": "TENT-2P-GRN", "quantity": 1}],
    "fulfillment_centers": ["LAX1"],
}


def run(*command: str | Path, **environment: str) -> str:
    """What a program prints. Fails the test with that if the program fails."""
    path = os.pathsep.join((str(NODE.parent), os.environ["PATH"]))
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path, **environment})
    if result.returncode:
        pytest.fail(result.stdout + result.stderr)
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that a generator of Python makes."""
    directory = tmp_path_factory.mktemp("python") / "generated_client"
    program = Path(sys.executable).with_name("openapi-python-client")
    said = run(program, "generate", "--path", CONTRACT, "--meta", "none", "--output-path", directory)
    assert "ERROR" not in said
    assert "Unable to" not in said, "a part of the contract would be missing"
    return directory


class TestPython:
    def test_it_has_every_operation_and_compiles(self, generated: Path) -> None:
        modules = {path.stem for path in generated.glob("api/*/*.py")} - {"__init__"}
        assert modules == {
            "auto_cancel_orders",
            "cancel_order",
            "cancel_orders",
            "list_orders",
            "list_summaries",
            "mark_marketplace_cancellation",
            "mark_marketplace_cancellations",
            "move_order",
            "place_order",
            "reconcile",
            "register_seller",
            "report_event",
            "view_order",
        }
        assert compileall.compile_dir(generated, quiet=1, force=True)

    def test_it_passes_the_story(self, generated: Path, callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(generated.parent))
        made = importlib.import_module("generated_client")

        def call(caller: Client, operation: str, *path: str, **body: Any) -> Any:
            (module,) = (found.relative_to(generated) for found in generated.glob(f"api/*/{operation}.py"))
            name = ".".join(module.with_suffix("").parts)
            with made.AuthenticatedClient(base_url=caller.api_url, token=caller.token) as client:
                return importlib.import_module(f"generated_client.{name}").sync_detailed(*path, client=client, **body)

        models = importlib.import_module("generated_client.models")
        placement = models.Placement.from_dict(PLACED)
        for order_id in ("PY-1", "PY-2"):
            placed = call(callers.planner, "place_order", SELLER, order_id, body=placement)
            assert (placed.status_code, placed.parsed.cancellable) == (201, True)
        assert call(callers.seller, "view_order", "PY-1").parsed.status == "received"
        wish = models.CancelRequest(reason=models.SellerReason.CUSTOMER_REQUEST)
        for outcome in ("cancelled", "already_cancelled"):
            cancelled = call(callers.seller, "cancel_order", "PY-1", body=wish).parsed
            assert cancelled.outcome == outcome
            assert cancelled.cancellation.actor.kind == "person"
        report = models.EventReport.from_dict(
            {"seller_id": SELLER, "order_id": "PY-2", "event": "picked_packed", "occurred_at": "2026-11-23T14:01:58Z"}
        )
        assert call(callers.center, "report_event", "LAX1", body=report).parsed.order_status == "picked_packed"
        late = call(callers.seller, "cancel_order", "PY-2", body=wish)
        assert (late.status_code, late.parsed.code) == (409, "order_picked_packed")
        assert [center.fc_id for center in late.parsed.packed] == ["LAX1"]


class TestTypeScript:
    def test_it_compiles_and_passes_the_story(self, callers: Callers) -> None:
        programs = TYPESCRIPT / "node_modules" / ".bin"
        schema = TYPESCRIPT / "schema.d.ts"
        run(programs / "openapi-typescript", CONTRACT, "-o", schema)
        try:
            run(programs / "tsc", "--project", TYPESCRIPT)
            said = run(
                NODE,
                "--disable-warning=ExperimentalWarning",
                TYPESCRIPT / "story.ts",
                API_URL=callers.seller.api_url,
                SELLER=str(callers.seller.token),
                PLANNER=str(callers.planner.token),
                CENTER=str(callers.center.token),
                SELLER_ID=SELLER,
                ORDER_ID="TS-1",
            )
        finally:
            schema.unlink()
        assert said == "told\n"
