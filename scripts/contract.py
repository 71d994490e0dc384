"""Write the codes of the catalog's reasons into docs/openapi.yaml: `make contract`, after a reason was added.

The contract stays a file that can be read by itself; the reasons are written by hand once, in the layer.
"""

import re

from scripts.catalog import ROOT, catalog

CONTRACT = ROOT / "docs/openapi.yaml"
SCHEMAS = {"SellerReason": "seller", "AutoReason": "auto"}


def with_reasons(contract: str) -> str:
    """The contract's text, with the codes that the catalog has today."""
    for schema, kind in SCHEMAS.items():
        codes = ", ".join(reason["code"] for reason in catalog()["reasons"] if reason["kind"] == kind)
        enumeration = re.compile(rf"(?<=^    {schema}:\n      type: string\n      enum: )\[[^\]]*\]", re.MULTILINE)
        contract, found = enumeration.subn(f"[{codes}]", contract)
        if found != 1:
            raise ValueError(f"{CONTRACT.name} has no enumeration {schema}.")
    return contract


if __name__ == "__main__":
    CONTRACT.write_text(with_reasons(CONTRACT.read_text()))
