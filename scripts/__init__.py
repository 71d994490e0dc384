"""What an operator runs: `python -m scripts`. The layer is on the path, as on Lambda."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "order_cancellation"))
