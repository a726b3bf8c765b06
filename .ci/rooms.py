#!/usr/bin/env python3
"""Check the rules of the rooms: which notebook may import what, and what each kind may hold.

Standard library only, so that it runs before anything is installed:

    python3 .ci/rooms.py               # one line for each broken rule; exit code 1 if any
    python3 .ci/rooms.py --write-map   # write the map in CONTRIBUTING.md and the docs' sidebar anew
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a module may import beside the standard library and what is open to all; one that is not
# listed needs no more than that. Whoever extends it runs make map.
OPEN_TO_ALL = {"numpy", "pandas", "tagifai"}
OUTSIDE = {
    "schema": "omegaconf",
    "compose": "hydra omegaconf",
    "overrides": "hydra",
    "settings_files": "hydra omegaconf yaml",
    "config": "omegaconf",
    "combinations": "hydra",
    "locks": "filelock",
    "refusals": "psutil",
    "targets": "sklearn",
    "owner": "psutil",
    "text": "nltk",
    "download": "sklearn",
    "data": "sklearn",
    "checks": "pandera",
    "features": "sklearn feature_engine",
    "models": "sklearn",
    "network": "sklearn scipy torch",
    "fit": "sklearn imblearn",
    "compiled": "numba",
    "matrices": "scipy",
    "grams": "sklearn scipy",
    "descent": "sklearn scipy",
    "ngram_fit": "scipy",
    "engine": "sklearn",
    "threshold": "sklearn",
    "evaluate": "sklearn snorkel",
    "canvas": "matplotlib PIL",
    "heatmap": "matplotlib",
    "spread": "matplotlib",
    "figures": "matplotlib",
    "study_figures": "matplotlib optuna",
    "trial_course": "matplotlib",
    "trial_panels": "matplotlib",
    "trial_scales": "matplotlib",
    "train": "sklearn optuna",
    "journal": "optuna sqlalchemy",
    "samplers": "optuna hyperopt",
    "tune": "optuna",
    "study": "optuna",
    "portable": "sklearn",
    "native": "sklearn xgboost lightgbm",
    "estimators": "sklearn skops",
    "bundle": "sklearn",
    "store": "mlflow sqlalchemy alembic",
    "entries": "mlflow",
    "tracking": "mlflow",
    "trial_runs": "mlflow",
    "studies": "mlflow",
    "registry": "mlflow",
    "best": "omegaconf",
    "serve": "fastapi uvicorn",
    "words": "jinja2 rich",
    "cells": "mistune pygments",
    "report": "rich",
    "leaderboard": "rich",
    "studyboard": "rich",
    "trials_shown": "rich IPython",
    "workers": "joblib",
    "fingerprint": "IPython yaml",
    "kernel": "jupyter_client ipykernel",
    "notebooks": "nbformat IPython",
    "execution": "papermill nbclient nbformat",
    "progress": "rich",
    "pipeline": "papermill nbconvert nbformat rich",
    "doctor": "packaging rich shellingham typer",
    "shown": "typer rich",
    "cli": "typer rich click",
}
# What a storey holds, for the headings of the docs' sidebar
STOREYS = {
    0: "Settings and tools",
    1: "Texts, labels, tables",
    2: "Features and models",
    3: "Measuring",
    4: "Training",
    5: "Stores",
    6: "Answers and stories",
    7: "Pipeline",
    8: "Looking after it",
    9: "Command line",
}
# Modules that no notebook writes
UNWRITTEN = {"__init__", "_modidx"}
# Modules whose code, however deep the way to it, must never reach these
FAR_APART = {
    "predict": {"train", "tune", "tracking", "registry", "mlflow"},
    "serve": {"train", "tune", "tracking", "registry", "mlflow"},
}
# The pure core, 1x to 4x: paths arrive as arguments, and whoever logs is handed in
CORE = range(10, 50)
CORE_NEVER = {"hydra", "mlflow", "papermill", "typer"}
WORKSPACE = {
    "workspace_root", "BASE_DIR", "CONFIG_DIR", "DATA_DIR", "RAW_DIR", "STORES_DIR",
    "MODEL_REGISTRY", "REPORTS_DIR",
}  # fmt: skip
FIRST_CELL = "the first cell is '# Title' and '> One full sentence.' alone; docs lose the rest"
MAX_CELL_LINES = 40  # without blank lines
MAX_MODULE_LINES = 300  # without blank lines and comments
MAX_OUTPUT_BYTES = 2000
MACHINE_PATH = re.compile(r"(?<![\w.}<>/])/(?:home|root|work|tmp|Users)(?=/\w|[\"'\s]|$)")
MAP_BEGIN, MAP_END = "<!-- rooms: begin -->", "<!-- rooms: end -->"
EXPORT = re.compile(r"^#\|\s*(exporti|exports|export)\b[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell: where it stands, and what it holds."""

    number: int
    kind: str
    source: str
    tags: tuple[str, ...]
    outputs: list
    ran: bool

    @property
    def exported(self) -> bool:
        """Whether nbdev writes the cell into a module."""
        return self.kind == "code" and EXPORT.search(self.source) is not None

    def tree(self) -> ast.Module:
        """Return the parsed code, with magics and shell lines left out."""
        lines = [line if line.lstrip()[:1] not in "%!" else "" for line in self.source.split("\n")]
        return ast.parse("" if self.source.startswith("%%") else "\n".join(lines))


@dataclass(frozen=True)
class Notebook:
    """A notebook under nbs/: a room when it stands at the top, else of the kind of its folder."""

    path: Path
    cells: list[Cell]

    @property
    def kind(self) -> str:
        """Say room, index, or the name of the folder (pipelines, guides, benchmarks, tests)."""
        folder = self.path.parent.name
        return folder if folder != "nbs" else "index" if self.path.stem == "index" else "room"

    @property
    def order(self) -> tuple[int, str]:
        """Return number and letter: 11 comes before 11a, and 11a before 12."""
        match = re.match(r"(\d\d)([a-z]?)_", self.path.name)
        return (int(match[1]), match[2]) if match else (-1, "")

    @property
    def module(self) -> str | None:
        """Return the module of `default_exp`."""
        for cell in self.cells:
            if match := re.search(r"^#\|\s*default_exp\s+(\S+)", cell.source, re.MULTILINE):
                return match[1]
        return None

    @property
    def heading(self) -> tuple[str, str]:
        """Return title and description of the first cell; empty where they are missing."""
        source = self.cells[0].source if self.cells else ""
        match = re.fullmatch(r"# (?P<title>[^\n]+)\n\n> (?P<text>[^\n]+)\n*", source)
        return (match["title"].strip(), match["text"].strip()) if match else ("", "")


def read_notebook(path: Path) -> Notebook:
    """Read a notebook's cells."""
    content = json.loads(path.read_text(encoding="utf-8"))
    cells = [
        Cell(
            number=number,
            kind=cell["cell_type"],
            source="".join(cell["source"]),
            tags=tuple(cell.get("metadata", {}).get("tags", ())),
            outputs=cell.get("outputs", []),
            ran=cell.get("execution_count") is not None,
        )
        for number, cell in enumerate(content["cells"], start=1)
    ]
    return Notebook(path, cells)


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield line, package and, inside tagifai, module of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "tagifai" if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            alone = module == "tagifai"
            names = [f"tagifai.{alias.name}" for alias in node.names] if alone else [module]
        elif _is_import_call(node):
            names = [node.args[0].value]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            yield node.lineno, package, rest.split(".")[0] if package == "tagifai" else ""


def _is_import_call(node: ast.AST) -> bool:
    """Say whether a node is `import_module("name")`."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    first = node.args[0]
    return name in ("import_module", "__import__") and isinstance(
        getattr(first, "value", None), str
    )


class Checker:
    """The tree's notebooks, and what is wrong with them."""

    def __init__(self, root: Path) -> None:
        """Read every notebook under nbs/."""
        self.root = root
        self.found: list[str] = []
        self.notebooks: list[Notebook] = []
        for path in sorted((root / "nbs").rglob("*.ipynb")):
            inside = path.relative_to(root).parts
            if not any(part.startswith((".", "_")) for part in inside):
                self._read(path)
        self.rooms = [notebook for notebook in self.notebooks if notebook.kind == "room"]
        self.home = {notebook.module: notebook for notebook in self.rooms if notebook.module}

    def _read(self, path: Path) -> None:
        try:
            self.notebooks.append(read_notebook(path))
        except (ValueError, KeyError) as error:
            self.say(path, None, f"not a readable notebook ({error})", "restore it from git")

    def say(self, path: Path, cell: int | None, rule: str, remedy: str) -> None:
        """Note one broken rule as a line."""
        where = path.relative_to(self.root).as_posix() + (f", cell {cell}" if cell else "")
        self.found.append(f"{where}: {rule}; {remedy}")

    def check(self) -> list[str]:
        """Apply every rule; returns the lines in the order of the files."""
        for notebook in self.notebooks:
            self.check_places(notebook)
            if notebook.kind == "room":
                self.check_room(notebook)
            else:
                self.check_no_export(notebook)
            if notebook.kind == "pipelines":
                self.check_pipeline(notebook)
        self.check_modules()
        self.check_distance()
        self.check_map()
        self.check_sidebar()
        self.check_files()
        return self.found

    # Rooms

    def check_room(self, notebook: Notebook) -> None:
        """Check a library notebook, cell by cell."""
        path = notebook.path
        if notebook.order[0] < 0:
            self.say(
                path,
                None,
                "a room's name is NN_name or NNa_name",
                "give it a number, or move it to a folder",
            )
        if not all(notebook.heading):
            self.say(
                path,
                1,
                FIRST_CELL,
                "move the rest into a cell of its own",
            )
        if notebook.module is None:
            self.say(path, None, "a room has '#| default_exp name'", "add it as the second cell")
        if "nbdev_export()" not in notebook.cells[-1].source:
            self.say(
                path,
                len(notebook.cells),
                "the last cell exports",
                "end with '#| hide' and nbdev.nbdev_export()",
            )
        code_lines = 0
        for cell in notebook.cells:
            if cell.kind == "code":
                self.check_outputs(notebook, cell)
                self.check_code(notebook, cell)
            if cell.exported:
                code_lines += self.check_exported_text(notebook, cell)
        if code_lines > MAX_MODULE_LINES:
            rule = f"a module has up to {MAX_MODULE_LINES} lines of code, this one {code_lines}"
            self.say(path, None, rule, "move a part of it into a room of its own")

    def check_outputs(self, notebook: Notebook, cell: Cell) -> None:
        """Check that stored outputs are small and textual."""
        text = json.dumps(cell.outputs)
        if any('"image/' in json.dumps(output.get("data", {})) for output in cell.outputs):
            self.say(
                notebook.path,
                cell.number,
                "a room stores no pictures",
                "clear the output, or move it to a guide",
            )
        elif len(text) > MAX_OUTPUT_BYTES:
            rule = f"a stored output has up to {MAX_OUTPUT_BYTES} bytes, this one {len(text)}"
            self.say(notebook.path, cell.number, rule, "show less, or clear it")

    def check_exported_text(self, notebook: Notebook, cell: Cell) -> int:
        """Check size and target of an exported cell; returns its lines of code."""
        lines = [line for line in cell.source.split("\n") if line.strip()]
        if len(lines) > MAX_CELL_LINES + 1:
            rule = f"an export cell has up to {MAX_CELL_LINES} lines, this one {len(lines) - 1}"
            self.say(notebook.path, cell.number, rule, "make two functions of it")
        if target := EXPORT.search(cell.source)[2].strip():
            self.say(
                notebook.path,
                cell.number,
                f"export into another module ({target})",
                "write '#| export' alone",
            )
        return sum(1 for line in lines if not line.lstrip().startswith("#"))

    def check_code(self, notebook: Notebook, cell: Cell) -> None:
        """Check imports of a code cell, and all else of an exported one."""
        try:
            tree = cell.tree()
        except SyntaxError as error:
            self.say(
                notebook.path,
                cell.number,
                f"no valid Python ({error.msg}, line {error.lineno})",
                "mend it",
            )
            return
        for _, package, module in imports(tree):
            self.check_direction(notebook, cell, module)
            if cell.exported:
                self.check_outside(notebook, cell, package)
        if cell.exported:
            for rule, remedy in self.habits(notebook, tree):
                self.say(notebook.path, cell.number, rule, remedy)
        elif self.mixes_imports(cell, tree):
            rule = (
                "a cell with an import holds imports only: the docs run it without the cells before"
            )
            self.say(
                notebook.path, cell.number, rule, "move the import to the imports of the tests"
            )

    def mixes_imports(self, cell: Cell, tree: ast.Module) -> bool:
        """Say whether a plain cell has an import and something else."""
        kinds = (ast.Import, ast.ImportFrom)
        found = any(isinstance(node, kinds) for node in ast.walk(tree))
        alone = all(isinstance(statement, kinds) for statement in tree.body)
        return found and not alone and "nbdev_export()" not in cell.source

    def check_direction(self, notebook: Notebook, cell: Cell, module: str) -> None:
        """Check that an import goes down."""
        target = self.home.get(module)
        if target is None:
            return
        own = target.path == notebook.path
        if own and cell.exported:
            self.say(
                notebook.path,
                cell.number,
                f"a module imports itself ({module})",
                "call the function directly",
            )
        if not own and target.order >= notebook.order:
            rule = f"upward import of {module} ({target.path.stem})"
            self.say(
                notebook.path,
                cell.number,
                rule,
                "import only from lower numbers: move the function down",
            )

    def check_outside(self, notebook: Notebook, cell: Cell, package: str) -> None:
        """Check that a package is open to the room."""
        number = notebook.order[0]
        if package in sys.stdlib_module_names or package in OPEN_TO_ALL:
            return
        if package in ("nbdev", "fastcore"):
            self.say(
                notebook.path,
                cell.number,
                f"exported code imports {package}",
                "do without; it is for development",
            )
        elif number in CORE and package in CORE_NEVER:
            self.say(
                notebook.path,
                cell.number,
                f"rooms 1x to 4x know nothing of {package}",
                "hand in a callback",
            )
        elif package not in OUTSIDE.get(notebook.module or "", "").split():
            remedy = "do without, move it, or extend the table in .ci/rooms.py"
            self.say(
                notebook.path, cell.number, f"{package} is not open to {notebook.module}", remedy
            )

    def habits(self, notebook: Notebook, tree: ast.Module) -> Iterator[tuple[str, str]]:
        """Yield what exported code must not do, with what to do instead."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                yield "exported code does not print", "hand in a callback, or return the text"
            if isinstance(node, ast.ExceptHandler):
                if node.type is None:
                    yield "a bare except", "name the exceptions"
                if all(_is_nothing(statement) for statement in node.body):
                    yield "an exception is swallowed", "handle it, or let it rise"
            if isinstance(node, ast.Assert):
                yield "exported code does not assert", "raise an error that says what to do"
            if isinstance(node, ast.FunctionDef) and any(
                "patch" in ast.unparse(d) for d in node.decorator_list
            ):
                yield "a method is patched in", "write it into its class"
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                yield "a star import", "name what is imported"
            if notebook.order[0] in CORE and (name := _name(node)) in WORKSPACE:
                yield (
                    f"rooms 1x to 4x never look up the workspace ({name})",
                    "take the path as an argument",
                )
        for statement in tree.body:
            if _is_work(statement):
                yield (
                    f"work at import ({ast.unparse(statement).splitlines()[0][:50]})",
                    "move it into a function",
                )

    # Other notebooks

    def check_no_export(self, notebook: Notebook) -> None:
        """Check that pipelines, guides, tests and benchmarks export nothing."""
        for cell in notebook.cells:
            if cell.exported:
                self.say(
                    notebook.path,
                    cell.number,
                    f"{notebook.kind} export nothing",
                    "move the code into a room",
                )
        if notebook.module:
            self.say(
                notebook.path, None, f"{notebook.kind} have no module", "remove '#| default_exp'"
            )
        if not all(notebook.heading):
            self.say(
                notebook.path,
                1,
                FIRST_CELL,
                "move the rest into a cell of its own",
            )

    def check_pipeline(self, notebook: Notebook) -> None:
        """Check a pipeline: one parameters cell, calls and displays, no stored output."""
        tagged = sum("parameters" in cell.tags for cell in notebook.cells)
        if tagged != 1:
            rule = f"a pipeline has one cell tagged parameters, this one {tagged}"
            self.say(notebook.path, None, rule, "tag the cell that holds overrides and run_dir")
        if not re.match(r"\d\d_", notebook.path.name):
            self.say(
                notebook.path,
                None,
                "a pipeline's name begins with its stage number",
                "name it NN_stage",
            )
        for cell in notebook.cells:
            if cell.outputs or cell.ran:
                self.say(notebook.path, cell.number, "a pipeline stores no output", "clear it")
            if cell.kind == "code":
                self.check_pipeline_code(notebook, cell)

    def check_pipeline_code(self, notebook: Notebook, cell: Cell) -> None:
        """Check that a cell only calls and shows."""
        try:
            nodes = list(ast.walk(cell.tree()))
        except SyntaxError as error:
            self.say(
                notebook.path,
                cell.number,
                f"no valid Python ({error.msg}, line {error.lineno})",
                "mend it",
            )
            return
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                word = "class" if isinstance(node, ast.ClassDef) else "def"
                self.say(
                    notebook.path,
                    cell.number,
                    f"a pipeline has no {word} ({node.name})",
                    "move it into a room",
                )

    # The whole

    def check_modules(self) -> None:
        """Check that modules and notebooks stand one to one."""
        seen: dict[str, Path] = {}
        for notebook in self.rooms:
            module = notebook.module
            if module is None:
                continue
            if module in seen:
                self.say(
                    notebook.path,
                    None,
                    f"{module} is also written by {seen[module].name}",
                    "give it a module of its own",
                )
            seen[module] = notebook.path
            if not (self.root / "tagifai" / f"{module}.py").is_file():
                self.say(notebook.path, None, f"tagifai/{module}.py is missing", "run nbdev_export")
        for path in sorted((self.root / "tagifai").glob("*.py")):
            if path.stem not in seen and path.stem not in UNWRITTEN:
                self.say(
                    path, None, "no notebook writes this module", "delete it, or write its notebook"
                )

    def check_distance(self) -> None:
        """Check that prediction reaches no training, however many rooms lie between."""
        edges = {name: self._edges(notebook) for name, notebook in self.home.items()}
        for start, banned in FAR_APART.items():
            ways = {start: [start]} if start in edges else {}
            queue = list(ways)
            while queue:
                here = queue.pop(0)
                for target in sorted(edges.get(here, set()) - ways.keys()):
                    ways[target] = [*ways[here], target]
                    queue.append(target)
            for target in sorted(banned & ways.keys()):
                rule = f"{start} reaches {target} ({' -> '.join(ways[target])})"
                self.say(self.home[start].path, None, rule, "cut one of these imports")

    def _edges(self, notebook: Notebook) -> set[str]:
        found = set()
        for cell in notebook.cells:
            if cell.exported:
                try:
                    found |= {module or package for _, package, module in imports(cell.tree())}
                except SyntaxError:
                    continue  # reported by check_code
        return found

    def check_places(self, notebook: Notebook) -> None:
        """Check that a notebook names no path of one machine."""
        for cell in notebook.cells:
            text = cell.source + "\n" + json.dumps(cell.outputs, ensure_ascii=False)
            if match := MACHINE_PATH.search(text):
                self.say(
                    notebook.path,
                    cell.number,
                    f"a path of one machine ({match[0]}/…)",
                    "use a temporary or relative one",
                )

    def check_files(self) -> None:
        """Check that the package and the documents name no path of one machine."""
        files = [
            *self.root.glob("*.md"),
            *self.root.glob("*/README.md"),
            *(self.root / "tagifai").rglob("*.yaml"),
        ]
        for path in sorted([*files, *(self.root / "tagifai").glob("*.py")]):
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
                if match := MACHINE_PATH.search(line):
                    rule = f"line {number} names a path of one machine ({match[0]}/…)"
                    self.say(path, None, rule, "use a relative one")

    def map_lines(self) -> list[str]:
        """Return the map of rooms as a table."""
        rows = [
            f"| {notebook.path.stem} | {notebook.heading[0]} | {notebook.heading[1]} "
            f"| {', '.join(OUTSIDE.get(notebook.module or '', '').split())} |"
            for notebook in sorted(self.rooms, key=lambda notebook: notebook.order)
        ]
        return ["| room | title | holds | may import from outside |", "|---|---|---|---|", *rows]

    def check_map(self) -> None:
        """Check that CONTRIBUTING.md's map is the one of the notebooks."""
        path = self.root / "CONTRIBUTING.md"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        remedy = "run: make map"
        if MAP_BEGIN not in text or MAP_END not in text:
            self.say(path, None, "the map of rooms is missing", remedy)
            return
        written = text.split(MAP_BEGIN)[1].split(MAP_END)[0].strip().split("\n")
        wanted = self.map_lines()
        for line in wanted:
            if line not in written:
                self.say(path, None, f"the map lacks the row {line[:60]!r}", remedy)
        for line in written:
            if line not in wanted:
                self.say(path, None, f"the map has a row that is not so: {line[:60]!r}", remedy)
        if written != wanted and set(written) == set(wanted):
            self.say(path, None, "the map is out of order", remedy)

    def sidebar(self) -> str:
        """Return the docs' sidebar: guides, pipelines, then the numbered rooms by storey."""
        lines = ["# Written by: make map", "website:", "  sidebar:", "    contents:"]
        lines += ["      - text: Home", "        href: index.ipynb"]
        sections = {"Guides": "guides", "Pipelines": "pipelines"}
        listed = {title: self._pages(folder) for title, folder in sections.items()}
        rooms = sorted(self.rooms, key=lambda notebook: notebook.order)
        for storey, title in STOREYS.items():
            inside = [notebook for notebook in rooms if notebook.order[0] // 10 == storey]
            listed[f"{storey}x {title}"] = inside
        listed["Tests"], listed["Benchmarks"] = self._pages("tests"), self._pages("benchmarks")
        for title, notebooks in listed.items():
            if notebooks:
                lines += [f"      - section: {json.dumps(title)}", "        contents:"]
            for notebook in notebooks:
                number = re.match(r"\d\d[a-z]?(?=_)", notebook.path.name)
                text = f"{number[0]} {notebook.heading[0]}" if number else notebook.heading[0]
                href = notebook.path.relative_to(self.root / "nbs").as_posix()
                lines += [f"          - text: {json.dumps(text)}", f"            href: {href}"]
        return "\n".join(lines) + "\n"

    def _pages(self, folder: str) -> list[Notebook]:
        return [notebook for notebook in self.notebooks if notebook.kind == folder]

    def check_sidebar(self) -> None:
        """Check that the docs' sidebar lists what there is."""
        path = self.root / "nbs" / "sidebar.yml"
        if not path.is_file() or path.read_text(encoding="utf-8") != self.sidebar():
            self.say(path, None, "the sidebar of the docs is out of date", "run: make map")

    def write_map(self) -> None:
        """Write the map between its two marks, and the sidebar."""
        sidebar = self.root / "nbs" / "sidebar.yml"
        sidebar.write_text(self.sidebar(), encoding="utf-8")
        path = self.root / "CONTRIBUTING.md"
        before, rest = path.read_text(encoding="utf-8").split(MAP_BEGIN)
        after = rest.split(MAP_END)[1]
        table = "\n".join(self.map_lines())
        path.write_text(f"{before}{MAP_BEGIN}\n{table}\n{MAP_END}{after}", encoding="utf-8")


def _name(node: ast.AST) -> str:
    """Return the name that a node uses or imports."""
    if isinstance(node, ast.Name):
        return node.id
    return (
        getattr(node, "attr", "")
        if isinstance(node, ast.Attribute)
        else getattr(node, "name", "") or ""
    )


def _is_nothing(statement: ast.stmt) -> bool:
    """Say whether a statement is `pass` or `...`."""
    ellipsis = isinstance(statement, ast.Expr) and getattr(statement.value, "value", None) is ...
    return ellipsis or isinstance(statement, ast.Pass)


def _is_work(statement: ast.stmt) -> bool:
    """Say whether a statement at the top of a module does something when it is imported."""
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) not in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.For | ast.While | ast.With | ast.Try | ast.Delete | ast.Raise)


def main() -> int:
    """Check the tree, or write its map."""
    parser = argparse.ArgumentParser(description="Check the rules of the rooms.")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument(
        "--write-map", action="store_true", help="write the map and the sidebar anew"
    )
    options = parser.parse_args()
    checker = Checker(options.root.resolve())
    if options.write_map:
        checker.write_map()
        return 0
    found = checker.check()
    for line in found:
        print(line)
    count = len(checker.notebooks)
    print(f"{count} notebooks ({len(checker.rooms)} rooms), {len(found)} broken rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
