"""What an operator runs: `python -m scripts`. The layer is on the path, as on Lambda, and told what it must be told."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "order_cancellation"))
# What the template tells the functions, and a person's shell does not.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "scripts")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "OrderCancellation")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "INFO")
