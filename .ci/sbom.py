"""Write what the program is made of, as CycloneDX 1.6 JSON, from the lock that it is installed by.

    python .ci/sbom.py [-o FILE] [--lock .ci/lock/run.txt]

Needs nothing but Python: the lock holds every name, version and hash, so the list is of
what an installation fetches, whatever happens to be installed here. The same lock gives
the same bytes.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?"
)
HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")


def components(lock: str) -> list[dict[str, Any]]:
    """Return one component a line of a lock, each with the hashes that it may have."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if match := PIN.match(line):
            name, version = match["name"], match["version"]
            component: dict[str, Any] = {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
                "externalReferences": [
                    {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/"}
                ],
            }
            if match["marker"]:
                marker = match["marker"].strip()
                component["properties"] = [{"name": "python:marker", "value": marker}]
            found.append(component)
        elif (match := HASH.search(line)) and found:
            hashes = found[-1]["externalReferences"][0].setdefault("hashes", [])
            hashes.append({"alg": "SHA-256", "content": match["digest"]})
    return found


def document(lock: Path) -> dict[str, Any]:
    """Return the whole document of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    source = (ROOT / "p2pevents" / "__init__.py").read_text("utf-8")
    version = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if version is None:
        raise SystemExit("p2pevents/__init__.py says no version")
    text = lock.read_text("utf-8")
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    serial = f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "p2pevents",
                "name": project["name"],
                "version": version[1],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": components(text),
    }


def main() -> None:
    """Write it to a file, or to stdout."""
    parser = argparse.ArgumentParser(description="Write what p2pevents is made of (CycloneDX).")
    parser.add_argument("-o", "--output", type=Path, help="the file; stdout where left out")
    parser.add_argument("--lock", type=Path, default=ROOT / ".ci" / "lock" / "run.txt")
    asked = parser.parse_args()
    text = json.dumps(document(asked.lock), indent=2, ensure_ascii=False) + "\n"
    if asked.output is None:
        sys.stdout.write(text)
    else:
        asked.output.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
