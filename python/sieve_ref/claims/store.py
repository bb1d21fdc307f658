"""Raw results: one JSON line per finished cell, a file per setting."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "claims" / "results"


def load(folder: Path = FOLDER) -> list[dict]:
    """All rows. A last line that a stopped process left unfinished is passed over."""
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                print(f"{path.name}: unfinished line passed over")
    return rows


def append(row: dict, folder: Path = FOLDER) -> None:
    """Adds a row; ends an unfinished line first."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row['set']}-{row['regime'].replace(',', '').replace(' ', '-')}.jsonl"
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a") as file:
        file.write(
            ("\n" if torn else "") + json.dumps(row, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"
        )
