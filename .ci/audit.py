"""Ask whether anything that is locked has a known weakness, by pip-audit in its own environment.

Where nobody answers within a few seconds that is said, and nothing fails: a change is not worse for
being made on a train. A weakness for which there is a fix fails; one without is told, since nobody
can do more about it here than read of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "dev")
PIP_AUDIT = "pip-audit>=2.9,<3"
ANSWERS_S_MAX = 4.0
INSTALL_S_MAX = 60.0
AUDIT_S_MAX = 60.0  # of one lock
# Who can be asked, and what they answer where they can: of an old version with a known weakness.
SERVICES = {
    "pypi": ("https://pypi.org/pypi/pip/21.0/json", None, b'"vulnerabilities"'),
    "osv": (
        "https://api.osv.dev/v1/query",
        b'{"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "21.0"}',
        b'"vulns"',
    ),
}


def answering() -> str | None:
    """Return who answers within a few seconds; None for nobody."""
    for name, (address, question, expected) in SERVICES.items():
        try:
            with urllib.request.urlopen(address, question, timeout=ANSWERS_S_MAX) as answer:  # noqa: S310 (https, above)
                if expected in answer.read():
                    return name
        except (OSError, ValueError):
            continue
    return None


def judged(document: dict[str, Any]) -> tuple[list[str], bool]:
    """Return a line for each weakness of pip-audit's answer, and whether one of them has a fix."""
    lines, has_fix = [], False
    for each in document["dependencies"]:
        if "skip_reason" in each:
            lines.append(f"{each['name']}: not looked up: {each['skip_reason']}")
        for weakness in each.get("vulns", ()):
            fixes = ", ".join(weakness["fix_versions"])
            lines.append(f"{each['name']} {each['version']}: {weakness['id']}, "
                         + (f"mended in {fixes}" if fixes else "no fix yet"))  # fmt: skip
            has_fix |= bool(fixes)
    return lines, has_fix


def audited(tool: Path, service: str, lock: str) -> dict[str, Any] | str:
    """Return pip-audit's answer about one lock, or why there is none."""
    command = [str(tool), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["-s", service, "-f", "json", "-r", str(ROOT / ".ci" / "lock" / f"{lock}.txt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=AUDIT_S_MAX, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1][:200]
    return found


def main() -> int:
    """Ask, say what came of it, and return 1 where something can be mended."""
    service = answering()
    if service is None:
        print(f"audit: not run: nobody answered within {ANSWERS_S_MAX:g} s")
        return 0
    code = 0
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        tool = venv / "bin" / "pip-audit"
        try:
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            install = [str(venv / "bin" / "pip"), "install", "--quiet", PIP_AUDIT]
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_S_MAX,
                           env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})  # fmt: skip
            for lock in LOCKS:
                found = audited(tool, service, lock)
                if isinstance(found, str):
                    print(f"audit: not run: {lock}: {found}")
                    continue
                lines, has_fix = judged(found)
                for line in lines or ["nothing is known against it"]:
                    print(f"audit: {lock}: {line}")
                code |= has_fix
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            print("audit: not run: pip-audit cannot be had here, or was not done in time")
    return code


if __name__ == "__main__":
    sys.exit(main())
