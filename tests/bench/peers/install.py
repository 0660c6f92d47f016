"""Installs the systems that `bench_peers` measures beside ours, into this folder.

    python -m tests.bench.peers.install

Hypercore and nostr-tools, whose negentropy `bench_compare` has beside ours, from npm, as
`package-lock.json` says and without running what packages would run: what is native in them comes
ready made. nostr-relay from PyPI into an environment of its own,
since it wants other versions than we do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
NOSTR_PYTHON = HERE / ".venv" / "bin" / "python"
HYPERCORE = HERE / "node_modules" / "hypercore"
NOSTR_TOOLS = HERE / "node_modules" / "nostr-tools"


def main() -> None:
    """Install what can be installed here, and say what cannot."""
    npm = shutil.which("npm")
    if npm is None:
        print("no npm here: hypercore and nostr-tools are left out")
    else:
        subprocess.run([npm, "ci", "--ignore-scripts", "--prefix", HERE], check=True)
    venv.create(HERE / ".venv", with_pip=True)
    pip = [str(NOSTR_PYTHON), "-m", "pip", "install", "--quiet"]
    done = subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=False)
    if done.returncode:
        sys.exit("nostr-relay could not be installed; the rest was")


if __name__ == "__main__":
    main()
