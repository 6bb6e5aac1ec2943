"""What we ship of others is what we say that we ship, with its licence."""

import json
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
LISTED = json.loads((VENDOR / "vendor.json").read_text())


def test_vendored_files_are_unchanged() -> None:
    expected = {row["file"]: row["sha256"] for row in LISTED}

    actual = {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name in expected}

    assert actual == expected


def test_every_vendored_file_is_listed_with_its_licence() -> None:
    listed = (
        {row["file"] for row in LISTED} | {text for row in LISTED for text in row["licence_texts"]} | {"vendor.json"}
    )

    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}

    assert found == listed


def test_vendored_files_point_to_no_missing_source_map() -> None:
    pointing = [row["file"] for row in LISTED if b"sourceMappingURL" in (VENDOR / row["file"]).read_bytes()]

    assert pointing == []
