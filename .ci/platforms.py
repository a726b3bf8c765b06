#!/usr/bin/env python3
"""Resolve the package with every extra for other systems and Pythons, from wheels alone.

    platforms.py                    # all targets of the table below
    platforms.py macos-3.13 ...     # only these: linux, macos or windows, and a version of Python

pip is asked what it would install there (a dry run: only metadata is fetched). It takes wheels of
another system but judges markers such as sys_platform by the machine it runs on, so it is given the
target's environment. Exit code 75 means that no registry could be reached.
"""

import configparser
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYSTEMS = {
    "linux": (
        [*(f"manylinux_2_{minor}_x86_64" for minor in range(5, 29)), "manylinux2014_x86_64"],
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
        "x86_64",
    ),
    "macos": (
        ["macosx_14_0_arm64"],
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
        "arm64",
    ),
    "windows": (
        ["win_amd64"],
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
        "AMD64",
    ),
}
SOURCE_ONLY = ("antlr4-python3-runtime",)  # Pure Python without a wheel: built here, fits anywhere
NO_REGISTRY = 75
PIP = """
import json, sys
from pip._internal.cli.main import main
from pip._vendor.packaging import markers
target = {**markers.default_environment(), **json.loads(sys.argv[1])}
markers.default_environment = lambda: dict(target)
sys.exit(main(sys.argv[2:]))
"""
QUIET = ["--quiet", "--no-input", "--disable-pip-version-check"]


def settings() -> configparser.SectionProxy:
    """Read settings.ini."""
    config = configparser.ConfigParser(delimiters=["="])
    config.read(ROOT / "settings.ini", encoding="utf-8")
    return config["DEFAULT"]


def requirements() -> list[str]:
    """Return what the package and all its extras need."""
    values = (value for key, value in settings().items() if key.endswith("requirements"))
    return sorted({line.strip() for value in values for line in value.splitlines() if line.strip()})


def targets() -> list[str]:
    """Name the oldest and the newest Python on each system."""
    versions = settings()["max_python"], settings()["min_python"]
    return [f"{system}-{version}" for version in versions for system in reversed(SYSTEMS)]


def build_source_only(folder: Path) -> None:
    """Make wheels of what has none; SystemExit when no registry answers."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wanted = [pin for pin in pins if pin.partition("==")[0] in SOURCE_ONLY]
    command = [sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "-w", folder, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"no registry of packages could be reached: {done.stderr.strip()[-300:]}")
        sys.exit(NO_REGISTRY)


def resolve(target: str, wheels: Path) -> str:
    """Ask pip what it would install; returns what is wrong, or an empty text."""
    system, _, version = target.partition("-")
    tags, environment, machine = SYSTEMS[system]
    environment = {**environment, "platform_machine": machine}
    environment |= {"python_version": version, "python_full_version": f"{version}.0"}
    command = [sys.executable, "-c", PIP, json.dumps(environment), "install", *QUIET, "--dry-run"]
    command += ["--ignore-installed", "--only-binary=:all:", "--target", str(wheels / "nowhere")]
    command += ["--implementation", "cp", "--python-version", version]
    command += [word for tag in tags for word in ("--platform", tag)]
    command += ["--find-links", str(wheels), "-c", str(ROOT / "constraints.txt"), *requirements()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else "; ".join(errors) or done.stderr.strip()[-500:]


def main(chosen: list[str]) -> int:
    """Resolve for each target; returns the exit code."""
    n_failed = 0
    with tempfile.TemporaryDirectory(prefix="tagifai-platforms-") as folder:
        build_source_only(Path(folder))
        for target in chosen or targets():
            wrong = resolve(target, Path(folder))
            n_failed += bool(wrong)
            print(f"{'failed' if wrong else 'passed'}  {target}  {wrong}".rstrip(), flush=True)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
