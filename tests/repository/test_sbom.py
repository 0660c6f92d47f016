"""What the program is made of is written from the lock, whole and always alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.repository.test_dependencies import pins

ROOT = Path(__file__).resolve().parents[2]


def written(path: Path) -> bytes:
    subprocess.run([sys.executable, str(ROOT / ".ci" / "sbom.py"), "-o", str(path)], check=True)
    return path.read_bytes()


def test_the_list_holds_every_library_of_the_lock_with_its_hashes(tmp_path: Path) -> None:
    data = written(tmp_path / "one.json")
    document = json.loads(data)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    listed = {(each["name"], each["version"]) for each in document["components"]}
    assert listed == {(name, one) for name, versions in pins("run").items() for one in versions}
    for each in document["components"]:
        assert each["externalReferences"][0]["hashes"], each["name"]
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
    assert written(tmp_path / "two.json") == data
