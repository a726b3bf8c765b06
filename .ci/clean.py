#!/usr/bin/env python3
"""Clean the notebooks as the commit hook does: one that was run and saved leaves no difference.

    clean.py            all notebooks under nbs/
    clean.py PATH...    these files

nbdev_clean takes execution counts, ids and the metadata of editors away, and keeps outputs. Here
outputs go too, except those of the guides, which are pages of the docs and come out the same each
time; and so do empty lists of tags, which papermill and editors leave behind. What a cell printed
is one text, in however many pieces it came.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEEPS_OUTPUTS = {"guides"}  # Folders below nbs/


def joined(outputs: list[dict]) -> list[dict]:
    """Join what went to the same stream without anything between."""
    kept: list[dict] = []
    for output in outputs:
        streams = [each.get("name") for each in (*kept[-1:], output)]
        if len(streams) == 2 and streams[0] == streams[1] and output["output_type"] == "stream":
            text = "".join([*kept[-1]["text"], *output["text"]])
            kept[-1] = {**output, "text": text.splitlines(keepends=True)}
        else:
            kept.append(output)
    return kept


def clean(path: Path) -> None:
    """Clean one notebook in place, after nbdev_clean; an unchanged file is not written."""
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if "outputs" in cell and path.parent.name not in KEEPS_OUTPUTS:
            cell["outputs"] = []
        cell |= {"outputs": joined(cell["outputs"])} if "outputs" in cell else {}
        if not cell["metadata"].get("tags", True):
            del cell["metadata"]["tags"]
    cleaned = json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    if cleaned != text:
        path.write_text(cleaned, encoding="utf-8")


def main() -> None:
    """Clean the notebooks that are named, or all."""
    names = sys.argv[1:] or [str(ROOT / "nbs")]
    for name in names:
        command = [Path(sys.executable).with_name("nbdev_clean"), "--fname", name]
        subprocess.run(command, cwd=ROOT, check=True)
        path = Path(name)
        found = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        for each in found:
            if not any(part.startswith((".", "_")) for part in each.parts[-3:]):
                clean(each)


if __name__ == "__main__":
    main()
