#!/usr/bin/env python3
"""Make the environment that a make target needs, or leave it alone when it is up to date.

    python3 .ci/environment.py run     # .venv with the package
    python3 .ci/environment.py dev     # .venv with the package and what developing needs
    python3 .ci/environment.py docs    # .venv-docs with the renderer of the docs

Standard library only. What is installed is remembered in a stamp inside the environment, written
last; an environment whose installation was interrupted is made anew.
"""

import configparser
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BIN, PYTHON = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
INPUTS = ("settings.ini", "constraints.txt", "setup.py")
DOCS = ".ci/docs-requirements.txt"
KINDS = {
    "run": (".venv", INPUTS, ["-c", "constraints.txt", "-e", "."]),
    "dev": (".venv", INPUTS, ["-c", "constraints.txt", "-e", ".[dev]"]),
    "docs": (".venv-docs", (DOCS,), ["-r", DOCS]),
}
CONTENTS = {
    "run": "the package and its dependencies: about 2 GB, usually 2 to 3 minutes",
    "dev": "the package, JupyterLab, nbdev, the checkers: about 2.2 GB, usually 2 to 4 minutes",
    "docs": "the renderer of the docs: about 50 MB, usually 10 seconds",
}
INCLUDES = {"run": ("run", "dev"), "dev": ("dev",), "docs": ("docs",)}


def digest(inputs: tuple[str, ...]) -> str:
    """Return one number for all that decides what is installed."""
    text = hashlib.sha256(str(ROOT).encode())
    for name in inputs:
        text.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return text.hexdigest()


def is_current(folder: Path, kind: str, wanted: str) -> bool:
    """Say whether a finished installation already holds all that is wanted."""
    stamps = [folder / f"tagifai-{name}.stamp" for name in INCLUDES[kind]]
    return (folder / BIN / PYTHON).exists() and any(
        stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted for stamp in stamps
    )


def works(folder: Path) -> bool:
    """Say whether an environment can be built upon: in place, whole, of a fitting Python."""
    python, notes = folder / BIN / PYTHON, folder / "pyvenv.cfg"
    if not python.exists() or not notes.is_file() or (folder / "interrupted").exists():
        return False
    if str(folder) not in notes.read_text(encoding="utf-8"):
        return False  # moved: the scripts inside still name the old place
    probe = "import sys, pip; print(*sys.version_info[:2])"
    done = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    version = tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else ()
    first, last = allowed()
    is_named = os.environ.get("PYTHON")  # Then exactly that one is wanted
    return version == sys.version_info[:2] if is_named else first <= version <= last


def allowed() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the oldest and the newest Python that fit."""
    config = configparser.ConfigParser(delimiters=["="])
    config.read(ROOT / "settings.ini", encoding="utf-8")
    words = [config["DEFAULT"][key] for key in ("min_python", "max_python")]
    first, last = (tuple(int(part) for part in word.split(".")) for word in words)
    return first, last


def try_lock(file: IO[str]) -> bool:
    """Take a lock that ends with this process; False while another one holds it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the right to install; a second call waits and then finds everything done."""
    with open(ROOT / f".{folder.name.lstrip('.')}.lock", "w") as file:
        if not try_lock(file):
            print(f"Waiting for another installation into {folder.name} ...", flush=True)
        while not try_lock(file):
            time.sleep(0.2)
        yield


def install(folder: Path, kind: str) -> None:
    """Install into an environment, quietly; SystemExit with one clear line when it fails."""
    log = folder / "install.log"
    command = [folder / BIN / PYTHON, "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", *KINDS[kind][2]]
    with open(log, "w", encoding="utf-8") as file:
        done = subprocess.run(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        reason = errors[0] if errors else f"pip ended with {done.returncode}"
        where = log.relative_to(ROOT)
        advice = f"(more in {where}); check the network, then repeat"
        raise SystemExit(f"The installation failed: {reason} {advice}")


def create(folder: Path) -> None:
    """Make an empty environment; SystemExit with one clear line when it fails."""
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Making {folder.name} with Python {version} ({sys.executable})", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "interrupted").touch()
    command = [sys.executable, "-m", "venv", folder]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        reason = " ".join((made.stdout + made.stderr).split())[-300:]
        raise SystemExit(f"{folder.name} could not be made: {reason}")


def main(kind: str) -> None:
    """Bring one environment up to date."""
    name, inputs, _ = KINDS[kind]
    folder, wanted = ROOT / name, digest(inputs)
    if is_current(folder, kind, wanted):
        return
    with alone(folder):
        if is_current(folder, kind, wanted):
            return
        started = time.monotonic()
        if not works(folder):
            create(folder)
        print(f"Installing {CONTENTS[kind]} ...", flush=True)
        (folder / "interrupted").touch()
        for stamp in folder.glob("tagifai-*.stamp"):
            stamp.unlink()
        install(folder, kind)
        (folder / "interrupted").unlink()
        (folder / f"tagifai-{kind}.stamp").write_text(wanted, encoding="utf-8")
        print(f"Installed in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in KINDS:
        raise SystemExit(f"usage: environment.py {'|'.join(KINDS)}")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        raise SystemExit("Interrupted; the next call makes the environment anew.") from None
