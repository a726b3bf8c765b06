#!/usr/bin/env python3
"""Check what notebooks may hold; the imports between folders are import-linter's (pyproject.toml).

Standard library only, so that it runs before anything is installed:

    python3 .ci/cells.py             # one line for each broken rule; exit code 1 if any
    python3 .ci/cells.py --sidebar   # write the sidebar of the docs anew
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FREE = ("pipelines", "guides", "tests", "benchmarks")  # Folders whose notebooks export nothing
UNWRITTEN = {"_modidx"}  # Module of the package's root that no notebook writes
MAX_CELL_LINES = 40  # Of an export cell, without blank lines
MAX_OUTPUT_BYTES = 2000  # Of a stored output of a library notebook
MACHINE_PATH = re.compile(r"(?<![\w.}<>/])/(?:home|root|work|tmp|Users)(?=/\w|[\"'\s]|$)")
EXPORT = re.compile(r"^#\|\s*(exporti|exports|export)\b[ \t]*(.*)$", re.MULTILINE)
FIRST_CELL = "the first cell is '# Title' and '> One full sentence.' alone; docs lose the rest"


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
    """A notebook under nbs/: of the library, or free (pipelines, guides, tests, benchmarks)."""

    path: Path
    cells: list[Cell]

    @property
    def place(self) -> str:
        """Return its path from nbs/."""
        return self.path.relative_to(ROOT / "nbs").as_posix()

    @property
    def folder(self) -> str:
        """Return the first folder of its path; empty at the top."""
        return self.place.rpartition("/")[0].partition("/")[0]

    @property
    def is_library(self) -> bool:
        """Whether it writes a module."""
        return self.folder not in FREE and self.place != "index.ipynb"

    @property
    def module(self) -> str | None:
        """Return the module of `default_exp`."""
        found = (re.search(r"^#\|\s*default_exp\s+(\S+)", c.source, re.M) for c in self.cells)
        return next((match[1] for match in found if match), None)

    @property
    def heading(self) -> tuple[str, str]:
        """Return title and description of the first cell; empty where they are missing."""
        source = self.cells[0].source if self.cells else ""
        match = re.fullmatch(r"# ([^\n]+)\n\n> ([^\n]+)\n*", source)
        return (match[1].strip(), match[2].strip()) if match else ("", "")


def read_notebook(path: Path) -> Notebook:
    """Read a notebook's cells."""
    cells = [
        Cell(
            number,
            cell["cell_type"],
            "".join(cell["source"]),
            tuple(cell.get("metadata", {}).get("tags", ())),
            cell.get("outputs", []),
            cell.get("execution_count") is not None,
        )
        for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], start=1)
    ]
    return Notebook(path, cells)


def read_all() -> list[Notebook]:
    """Read every notebook under nbs/; SystemExit for one that is none."""
    found = []
    for path in sorted((ROOT / "nbs").rglob("*.ipynb")):
        if any(part.startswith((".", "_")) for part in path.relative_to(ROOT / "nbs").parts):
            continue
        try:
            found.append(read_notebook(path))
        except (ValueError, KeyError) as error:
            reason = f"{path.relative_to(ROOT)}: no notebook ({error}); restore it from git"
            raise SystemExit(reason) from error
    return found


# Rules: each yields the number of a cell (or none), what is broken, and what to do about it
Finding = tuple[int | None, str, str]


def library_findings(notebook: Notebook) -> Iterator[Finding]:
    """Check a library notebook."""
    expected = ".".join(re.sub(r"^\d\d_", "", part) for part in notebook.place[:-6].split("/"))
    expected = re.sub(r"\bindex$", "__init__", expected)
    if notebook.module not in (expected, "__main__", "__init__"):
        yield None, f"its module is {expected}, not {notebook.module}", "mend '#| default_exp'"
    if "nbdev_export()" not in notebook.cells[-1].source:
        yield len(notebook.cells), "the last cell exports", "end with nbdev.nbdev_export()"
    for cell in notebook.cells:
        if cell.kind != "code":
            continue
        text = json.dumps(cell.outputs)
        if '"image/' in text:
            yield cell.number, "a library notebook stores no pictures", "clear it, or use a guide"
        elif len(text) > MAX_OUTPUT_BYTES:
            rule = f"a stored output has up to {MAX_OUTPUT_BYTES} bytes, this one {len(text)}"
            yield cell.number, rule, "show less, or clear it"
        if cell.exported:
            yield from exported_findings(cell)
        elif mixes_imports(cell):
            rule = "a cell with an import holds imports only: docs run it without those before it"
            yield cell.number, rule, "move the import to the imports of the tests"


def exported_findings(cell: Cell) -> Iterator[Finding]:
    """Check a cell that is exported."""
    n_lines = sum(1 for line in cell.source.split("\n") if line.strip()) - 1
    if n_lines > MAX_CELL_LINES:
        rule = f"an export cell has up to {MAX_CELL_LINES} lines, this one {n_lines}"
        yield cell.number, rule, "make two functions of it"
    if target := EXPORT.search(cell.source)[2].strip():
        yield cell.number, f"export into another module ({target})", "write '#| export' alone"
    tree = cell.tree()
    for node in ast.walk(tree):
        yield from ((cell.number, *finding) for finding in habits(node))
    for statement in tree.body:
        if is_work(statement):
            line = ast.unparse(statement).splitlines()[0][:50]
            yield cell.number, f"work at import ({line})", "move it into a function"


def habits(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what exported code must not do, beside what ruff sees, with what to do instead."""
    if isinstance(node, ast.ExceptHandler) and all(map(is_nothing, node.body)):
        yield "an exception is swallowed", "handle it, or let it rise"
    if isinstance(node, ast.Assert):
        yield "exported code does not assert", "raise an error that says what to do"
    decorators = getattr(node, "decorator_list", ())
    if any("patch" in ast.unparse(decorator) for decorator in decorators):
        yield "a method is patched in", "write it into its class"


def is_nothing(statement: ast.stmt) -> bool:
    """Say whether a statement is `pass` or `...`."""
    ellipsis = isinstance(statement, ast.Expr) and getattr(statement.value, "value", None) is ...
    return ellipsis or isinstance(statement, ast.Pass)


def is_work(statement: ast.stmt) -> bool:
    """Say whether a statement at the top of a module does something when it is imported."""
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) not in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.For | ast.While | ast.With | ast.Try | ast.Delete | ast.Raise)


def mixes_imports(cell: Cell) -> bool:
    """Say whether a plain cell has an import and something else."""
    tree, kinds = cell.tree(), (ast.Import, ast.ImportFrom)
    found = any(isinstance(node, kinds) for node in ast.walk(tree))
    alone = all(isinstance(statement, kinds) for statement in tree.body)
    return found and not alone and "nbdev_export()" not in cell.source


def free_findings(notebook: Notebook) -> Iterator[Finding]:
    """Check that a notebook of no module exports nothing, and a pipeline only calls and shows."""
    if notebook.module:
        yield None, f"{notebook.folder or 'index'} has no module", "remove '#| default_exp'"
    for cell in notebook.cells:
        if cell.exported:
            yield cell.number, "this notebook exports nothing", "move the code into the library"
    if notebook.folder != "pipelines":
        return
    if sum("parameters" in cell.tags for cell in notebook.cells) != 1:
        yield None, "a pipeline has one cell tagged parameters", "tag the cell that holds overrides"
    for cell in notebook.cells:
        if cell.outputs or cell.ran:
            yield cell.number, "a pipeline stores no output", "clear it"
        for node in ast.walk(cell.tree()) if cell.kind == "code" else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield cell.number, f"a pipeline defines nothing ({node.name})", "use the library"


def findings(notebook: Notebook) -> Iterator[Finding]:
    """Check one notebook."""
    if not all(notebook.heading):
        yield 1, FIRST_CELL, "move the rest into a cell of its own"
    for cell in notebook.cells:
        text = cell.source + "\n" + json.dumps(cell.outputs, ensure_ascii=False)
        if match := MACHINE_PATH.search(text):
            yield cell.number, f"a path of one machine ({match[0]}/…)", "use a relative one"
    try:
        yield from library_findings(notebook) if notebook.is_library else free_findings(notebook)
    except SyntaxError as error:
        yield None, f"a cell is no valid Python ({error.msg}: {error.text})", "mend it"


def tree_findings(notebooks: list[Notebook]) -> Iterator[str]:
    """Check that modules and notebooks stand one to one, and that no file names a machine."""
    package = ROOT / "tagifai"
    written = {n.module.replace(".", "/") for n in notebooks if n.is_library and n.module}
    there = {path.relative_to(package).with_suffix("").as_posix() for path in package.rglob("*.py")}
    for name in sorted(written - there):
        yield f"tagifai/{name}.py is missing; run nbdev_export"
    for name in sorted(there - written - UNWRITTEN):
        yield f"tagifai/{name}.py: no notebook writes this module; delete it, or write its notebook"
    texts = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *package.rglob("*.yaml")]
    for path in sorted([*texts, *package.rglob("*.py")]):
        if match := MACHINE_PATH.search(path.read_text(encoding="utf-8")):
            where = path.relative_to(ROOT)
            yield f"{where}: a path of one machine ({match[0]}/…); use a relative one"
    sidebar = ROOT / "nbs" / "sidebar.yml"
    if not sidebar.is_file() or sidebar.read_text(encoding="utf-8") != sidebar_text(notebooks):
        yield "nbs/sidebar.yml is out of date; run make sidebar"


def sidebar_text(notebooks: list[Notebook]) -> str:
    """Return the sidebar of the docs: guides and pipelines, then the folders of the library."""
    lines = ["# Written by: make sidebar", "website:", "  sidebar:", "    contents:"]
    lines += ["      - text: Home", "        href: index.ipynb"]
    numbered = sorted({n.place.partition("/")[0] for n in notebooks if n.is_library})
    for folder in ("guides", "pipelines", *numbered, "tests", "benchmarks"):
        inside = [n for n in notebooks if n.place.partition("/")[0] == folder]
        inside.sort(key=lambda n: (n.place.count("/"), not n.place.endswith("index.ipynb")))
        if folder.endswith(".ipynb"):
            title = json.dumps(inside[0].heading[0])
            lines += [f"      - text: {title}\n        href: {folder}"]
            continue
        is_titled = inside and inside[0].place == f"{folder}/index.ipynb"
        title = inside[0].heading[0] if is_titled else folder.capitalize()
        lines += [f"      - section: {json.dumps(title)}", "        contents:"]
        for notebook in inside:
            text = "Overview" if notebook.place == f"{folder}/index.ipynb" else notebook.heading[0]
            lines += [f"          - text: {json.dumps(text)}\n            href: {notebook.place}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Check the tree, or write its sidebar."""
    parser = argparse.ArgumentParser(description="Check what notebooks may hold.")
    parser.add_argument("--sidebar", action="store_true", help="write the sidebar of the docs anew")
    notebooks = read_all()
    if parser.parse_args().sidebar:
        (ROOT / "nbs" / "sidebar.yml").write_text(sidebar_text(notebooks), encoding="utf-8")
        return 0
    found = list(tree_findings(notebooks))
    for notebook in notebooks:
        for number, rule, remedy in findings(notebook):
            where = f"nbs/{notebook.place}" + (f", cell {number}" if number else "")
            found.append(f"{where}: {rule}; {remedy}")
    print(*found, f"{len(notebooks)} notebooks, {len(found)} broken rules", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
