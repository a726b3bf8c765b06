#!/usr/bin/env python3
"""Run the measurements of nbs/benchmarks with papermill; the executed notebooks go to reports/.

bench.py [TEXT...] runs those with one of the texts in their name, else all.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(words: list[str]) -> int:
    """Run the notebooks one after the other; returns the exit code."""
    notebooks = sorted((ROOT / "nbs" / "benchmarks").glob("*.ipynb"))
    notebooks = [
        path for path in notebooks if not words or any(word in path.name for word in words)
    ]
    if not notebooks:
        print("no notebook in nbs/benchmarks fits")
        return 1
    target = ROOT / "reports" / "benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    # Its own kernel, whatever kernels the machine has
    variables = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    for path in notebooks:
        print(f"Measuring {path.stem}, some minutes; the machine should be idle ...", flush=True)
        command = [sys.executable, "-m", "papermill", "--kernel", "python3", "--cwd", path.parent]
        command += ["--no-progress-bar", "--log-level", "ERROR", path, target / path.name]
        if code := subprocess.run(command, env=variables, check=False).returncode:
            print(f"{path.name} failed: see {(target / path.name).relative_to(ROOT)}")
            return code
        print(f"Done: {(target / path.name).relative_to(ROOT)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
