#!/usr/bin/env python3
"""Run the project's checks and tests, and close with the line "N passed, N failed".

    checks.py              all steps, in the order of the table at the end
    checks.py NAME...      only these steps; --list names them
    checks.py --slow       also what takes minutes: slow cells, an empty installation, the selftest

Whatever could change a file works on a copy of the tree, so that a developer's files stay as they
are. With CI=true the first step that fails ends the run, the checkout has to be clean, and the
wheel is installed into an environment that is really empty.
"""

import argparse
import difflib
import filecmp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
STAGES = ("10_elt", "20_optimize", "30_train", "40_evaluate", "60_predict")
RUN = ("run", "experiment=smoke", "tune=optuna", "n_trials=3")
FREE = ("tests", "guides", "pipelines", "benchmarks")  # Folders whose notebooks export nothing
LEFT_OUT = {".git", ".venv", ".venv-docs", "data", "stores", "reports", "_docs", "_proc"}
LEFT_OUT |= {"build", "dist", "__pycache__"}
TAIL_LINES = 60
FILE_LINES = 15  # of a difference
NOTEBOOK_TIMEOUT_S = 900


class Failed(Exception):
    """A check that did not pass, with what to show."""


@dataclass
class Context:
    """What every step works with."""

    root: Path
    scratch: Path
    slow: bool
    strict: bool
    only: list[str]
    copies: int = 0

    def copy(self) -> Path:
        """Copy the tree, without what git ignores, and keep a shared/ beside it if there is one."""
        self.copies += 1
        target = self.scratch / str(self.copies) / "tagifai"
        for name in tracked(self.root):
            source = self.root / name
            if source.is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / name)
        shared = self.root.parent / "shared"
        if shared.is_dir():
            (target.parent / "shared").symlink_to(shared)
        return target


def tracked(root: Path) -> list[str]:
    """Name the files that git knows or would add; all but outputs where there is no git."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    if listing.returncode == 0 and (root / ".git").exists():
        return sorted(filter(None, listing.stdout.split("\0")))
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.relative_to(root).parts[:-1])
    )


def environment(tree: Path | None, **more: str) -> dict[str, str]:
    """Return the variables of a command; with a tree, its package goes before the installed one."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TAGIFAI_", "PYTHON"))}
    fixed = {"PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}", "OMP_NUM_THREADS": "1"}
    fixed |= {"JUPYTER_PREFER_ENV_PATH": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    if tree:
        fixed["PYTHONPATH"] = str(tree)
    return {**kept, **fixed, **more}


def call(
    command: list[str | Path], folder: Path, variables: dict[str, str], timeout_s: int = 1500
) -> str:
    """Run a command and return what it printed; Failed with the end of it otherwise."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        text = error.stdout or b""
        text = text.decode(errors="replace") if isinstance(text, bytes) else text
        raise Failed(f"{tail(text)}\n{' '.join(words[:4])} took over {timeout_s} s") from None
    if done.returncode:
        raise Failed(f"{tail(done.stdout)}\n{' '.join(words[:6])} ended with {done.returncode}")
    return done.stdout


def tail(text: str) -> str:
    """Return the last lines of an output."""
    return "\n".join(text.rstrip().split("\n")[-TAIL_LINES:])


def changes(before: Path, after: Path, names: list[str]) -> str:
    """Return what differs between two trees, as a diff of at most a screen."""
    lines: list[str] = []
    for name in names:
        old, new = before / name, after / name
        if old.is_file() and new.is_file() and filecmp.cmp(old, new, shallow=False):
            continue
        texts = [path.read_text("utf-8") if path.is_file() else "" for path in (old, new)]
        marks = {"fromfile": name, "tofile": f"{name} (as it should be)", "lineterm": "", "n": 1}
        difference = list(difflib.unified_diff(*map(str.splitlines, texts), **marks))
        lines += difference[:FILE_LINES] or [f"{name} differs in its line ends, or is missing"]
    return "\n".join(lines[:TAIL_LINES])


def check_checkout(context: Context) -> Counter | None:
    """Nothing is changed or left lying about."""
    if not (context.root / ".git").exists():
        print("    no git here, nothing to compare with")
        return Counter(skipped=1)
    status = call(["git", "status", "--porcelain"], context.root, environment(None))
    if status and context.strict:
        advice = "commit what belongs, remove what does not"
        raise Failed(f"{tail(status)}\nthe checkout is not clean: {advice}")
    if status:
        count = len(status.splitlines())
        print(f"    {count} files differ from the last commit; only reported, CI would stop here")
    return Counter(skipped=1) if status else None


def check_clean(context: Context) -> None:
    """.ci/clean.py changes no notebook."""
    tree = context.copy()
    call([sys.executable, ".ci/clean.py"], tree, environment(tree))
    if difference := changes(context.root, tree, notebooks(tree)):
        raise Failed(f"{difference}\nunclean notebooks: run .ci/clean.py")


def check_export(context: Context) -> None:
    """nbdev_export changes no module, and each module has its notebook."""
    tree = context.copy()
    before = {str(path.relative_to(tree)) for path in (tree / "tagifai").rglob("*.py")}
    for name in before - {"tagifai/__init__.py"}:
        (tree / name).unlink()
    call([BIN / "nbdev_export"], tree, environment(tree))
    names = before | {str(path.relative_to(tree)) for path in (tree / "tagifai").rglob("*.py")}
    index_last = sorted(names, key=lambda name: (name.endswith("_modidx.py"), name))
    if difference := changes(context.root, tree, index_last):
        advice = "run nbdev_export, and remove modules that no notebook writes"
        raise Failed(f"{difference}\nmodules and notebooks are out of step: {advice}")


def check_rules(context: Context) -> None:
    """Notebooks hold what they may."""
    print("    " + call([sys.executable, ".ci/cells.py"], context.root, environment(None)).strip())


def check_layers(context: Context) -> None:
    """Folders import only from lower layers (import-linter)."""
    command = [BIN / "lint-imports", "--no-cache"]
    print("    " + call(command, context.root, environment(context.root)).strip().split("\n")[-1])


def check_ruff(context: Context) -> None:
    """The full set of lint rules on notebooks and scripts, what breaks modules on the package."""
    ruff = [BIN / "ruff", "check", "--cache-dir", context.root / ".ruff_cache"]
    for words in (["nbs", ".ci", ".ci/selftest", "setup.py"], ["--select", "F,E9,B", "tagifai"]):
        call([*ruff, *words], context.root, environment(None))


def check_mypy(context: Context) -> None:
    """The package's types agree, and it asks Windows for nothing that only Unix has."""
    for system in ("linux", "win32"):
        cache = context.root / ".mypy_cache" / system
        command = [BIN / "mypy", "--cache-dir", cache, "--platform", system]
        call(command, context.root, environment(context.root))


def check_cells(context: Context) -> Counter:
    """The cells of all notebooks pass, two notebooks at a time."""
    tree = context.copy()
    chosen = [name for name in notebooks(tree) if not (tree / name).with_name(".notest").exists()]
    if context.only:
        chosen = [name for name in chosen if any(word in name for word in context.only)]
    chosen.sort(key=lambda name: (name.split("/")[1] not in FREE, name))  # the long ones first
    failed = []
    with ThreadPoolExecutor(2) as pool:
        jobs = {pool.submit(test_notebook, context, tree, name): name for name in chosen}
        for job in as_completed(jobs):
            seconds, skipped, problem = job.result()
            word = "failed" if problem else "passed"
            print(f"    {word}  {jobs[job]}  {seconds:.1f} s{skipped}", flush=True)
            if problem:
                print(problem, flush=True)
                failed.append(jobs[job])
    print("".join(f"    failed: {name}\n" for name in sorted(failed)), end="")
    return Counter(passed=len(chosen) - len(failed), failed=len(failed))


def test_notebook(context: Context, tree: Path, name: str) -> tuple[float, str, str]:
    """Run a notebook's cells; returns the seconds, what was skipped, and what went wrong."""
    command = [BIN / "nbdev_test", "--path", name, "--n_workers", "0"]
    command += ["--flags", "slow"] if context.slow else []
    if context.strict and os.name != "nt":  # As under nohup, whose children inherit what is ignored
        command = ["sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh", *command]
    # Set, as a user may have it; a test that needs a workspace makes its own
    variables = environment(tree, TAGIFAI_ROOT=str(context.scratch / "workspace-of-nobody"))
    started, text, problem = time.monotonic(), "", ""
    try:
        text = call(command, tree, variables, NOTEBOOK_TIMEOUT_S)
    except Failed as error:
        problem = str(error)
    skipped = "".join(f"\n      {line}" for line in text.split("\n") if line.startswith("skipped"))
    return time.monotonic() - started, skipped, problem


def check_pipelines(context: Context) -> None:
    """The pipeline runs on the sample, and a second run has nothing left to do."""
    tree, workspace = context.copy(), context.scratch / "workspace"
    workspace.mkdir()
    variables = environment(tree, TAGIFAI_ROOT=str(workspace))
    run_twice([sys.executable, "-m", "tagifai"], tree, variables, workspace)


def run_twice(
    command: list[str | Path], folder: Path, variables: dict[str, str], workspace: Path
) -> None:
    """Run the pipeline twice and look at what it leaves behind."""
    for expected in ("done", "reused"):
        started = time.monotonic()
        text = call([*command, *RUN], folder, variables)
        runs = [path for path in (workspace / "reports" / "runs").iterdir() if path.is_dir()]
        if not runs:
            raise Failed(f"{tail(text)}\nno folder under reports/runs")
        look_at_run(max(runs, key=lambda path: path.stat().st_mtime_ns), expected)
        print(f"    {len(STAGES)} stages {expected} in {time.monotonic() - started:.1f} s")


def look_at_run(folder: Path, expected: str) -> None:
    """Check a run's folder: its stages, their results, a report that needs no network."""
    stages = json.loads((folder / "run.json").read_text(encoding="utf-8"))["stages"]
    for stage in STAGES:
        status = stages.get(stage, {}).get("status")
        if status != expected:
            raise Failed(f"stage {stage} must be {expected}, got {status} in {folder}/run.json")
        result = json.loads((folder / stage / "result.json").read_text(encoding="utf-8"))
        if result.get("stage") != stage:
            raise Failed(f"{stage}/result.json must say its stage, got {result.get('stage')!r}")
        if not (folder / f"{stage}.ipynb").is_file():
            raise Failed(f"{stage}.ipynb, the executed notebook, is missing in {folder.name}")
    report = (folder / "report.html").read_text(encoding="utf-8")
    link = r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](?:https?:)?//[^\"']+"
    if match := re.search(link, report):
        raise Failed(f"report.html needs a network: {match[0]}")


def check_readme(context: Context) -> None:
    """README.md is what nbs/index.ipynb says."""
    tree = context.copy()
    command = [BIN / "jupyter", "nbconvert", "--log-level=WARN", "--to", "markdown"]
    command += ["nbs/index.ipynb", "--output-dir", ".", "--output", "README"]
    call(command, tree, environment(tree))
    if difference := changes(context.root, tree, ["README.md"]):
        advice = "README.md is out of step with nbs/index.ipynb: run make readme"
        raise Failed(f"{difference}\n{advice}")


def check_wheel(context: Context) -> None:
    """A wheel made from the source archive carries everything and works in an empty folder."""
    tree = context.copy()
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"]
    call(build, tree, environment(None))
    wheel = next((tree / "dist").glob("*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    there = {name for name in tracked(context.root) if name.startswith("tagifai/")}
    there |= {f"tagifai/pipelines/{p.name}" for p in (tree / "nbs" / "pipelines").glob("*.ipynb")}
    if missing := sorted(there - names):
        advice = "add __init__.py to a folder of modules, data to package_data and MANIFEST.in"
        raise Failed(f"the wheel lacks {', '.join(missing)}: {advice}")
    place = context.scratch / "elsewhere"
    (place / "empty").mkdir(parents=True)
    whole = context.slow or context.strict
    python = install_wheel(wheel, place / "venv", tree / "constraints.txt", whole)
    variables = environment(None)
    variables["PATH"] = variables["PATH"].removeprefix(f"{BIN}{os.pathsep}")
    command = python.parent / "tagifai"
    version = call([command, "--version"], place / "empty", variables).strip()
    call([command, "config"], place / "empty", variables)
    if any((place / "empty").iterdir()):
        raise Failed("--version and config must write nothing, got files in the empty folder")
    print(f"    {version} from {wheel.name}" + (", alone" if whole else ", with our packages"))
    run_twice([command], place / "empty", variables, place / "empty")


def install_wheel(wheel: Path, folder: Path, constraints: Path, whole: bool) -> Path:
    """Install a wheel into a new environment, with its requirements or with a way to ours."""
    call([sys.executable, "-m", "venv", folder], wheel.parent, environment(None))
    python = folder / BIN.name / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if whole:
        call([*install, "-c", constraints, wheel], wheel.parent, environment(None))
        return python
    call([*install, "--no-deps", wheel], wheel.parent, environment(None))
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    ours = call([sys.executable, "-c", code], wheel.parent, environment(None)).strip()
    theirs = Path(call([python, "-c", code], wheel.parent, environment(None)).strip())
    (theirs / "neighbour.pth").write_text(ours + "\n", encoding="utf-8")
    return python


def check_docs(context: Context) -> None:
    """The docs can be made of the notebooks."""
    tree = context.copy()
    command = [sys.executable, context.root / ".ci" / "docs.py", "process", tree]
    call(command, tree, environment(tree))


def check_checks(context: Context) -> None:
    """The checks see what they are for."""
    print(call([sys.executable, ".ci/selftest"], context.root, environment(None)).rstrip())


def notebooks(tree: Path) -> list[str]:
    """Name the notebooks of a tree."""
    paths = sorted((tree / "nbs").rglob("*.ipynb"))
    names = [path.relative_to(tree).as_posix() for path in paths]
    return [name for name in names if not re.search(r"(^|/)[._]", name)]


# A step returns nothing when it passed, counts where it is many tests, and raises Failed
STEPS: dict[str, Callable[[Context], Counter | None]] = {
    "checkout": check_checkout,
    "clean": check_clean,
    "export": check_export,
    "rules": check_rules,
    "layers": check_layers,
    "ruff": check_ruff,
    "mypy": check_mypy,
    "cells": check_cells,
    "pipelines": check_pipelines,
    "readme": check_readme,
    "wheel": check_wheel,
}
SLOW_STEPS: dict[str, Callable[[Context], Counter | None]] = {
    "docs": check_docs,
    "checks": check_checks,
}


def run_step(name: str, context: Context) -> Counter:
    """Run one step and say how it went."""
    step = {**STEPS, **SLOW_STEPS}[name]
    print(f"{name}: {step.__doc__}", flush=True)
    started = time.monotonic()
    try:
        counts = step(context) or Counter(passed=1)
    except (Failed, OSError, ValueError, KeyError) as error:
        reason = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        print("\n".join(f"    {line}" for line in reason.split("\n")))
        counts = Counter(failed=1)
    word = "FAILED" if counts["failed"] else "ok" if counts["passed"] else "skipped"
    print(f"  {word} {name} ({time.monotonic() - started:.1f} s)", flush=True)
    return counts


def main() -> int:
    """Run the chosen steps; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the project's checks and tests.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help="only these steps")
    parser.add_argument("--list", action="store_true", help="name the steps")
    parser.add_argument("--slow", action="store_true", help="with what takes minutes")
    only = "cells: notebooks with this in their path, such as 11_data or portability"
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help=only)
    tree = Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=Path, default=tree, help="tree to check")
    options = parser.parse_args()
    steps = {**STEPS, **SLOW_STEPS}
    if options.list:
        print("\n".join(f"{name:10} {step.__doc__}" for name, step in steps.items()))
        return 0
    if unknown := [name for name in options.steps if name not in steps]:
        parser.error(f"unknown step {unknown[0]}; the steps are {', '.join(steps)}")
    names = options.steps or [*STEPS, *(SLOW_STEPS if options.slow else ())]
    strict = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    # A parent in the background may ignore Ctrl-C, and tests that send it would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tagifai-checks-") as scratch:
        context = Context(
            options.root.resolve(), Path(scratch).resolve(), options.slow, strict, options.only
        )
        total: Counter = Counter()
        for name in names:
            total.update(run_step(name, context))
            if total["failed"] and strict:
                print(f"stopped at the first failure ({name})")
                break
    print(f"checked in {time.monotonic() - started:.0f} s")
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
