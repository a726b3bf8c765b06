#!/usr/bin/env python3
"""Render the notebooks into _docs/: nbdev processes them, smalldocs draws the pages.

The pages open from the folder, without a network. Works on a copy of the tree: only _docs/ changes.
Quarto renders the same sources: nbs/_quarto.yml, nbs/sidebar.yml and what nbdev writes.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from checks import Context, Failed, call, environment, notebooks

ROOT = Path(__file__).resolve().parent.parent
RENDERER = ROOT / ".venv-docs" / "bin" / "smalldocs"
# A page that is opened as a file may not fetch search.json, but it may load a script
SEARCH = """<script>
if (location.protocol === "file:") window.fetch = (address) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = String(address).replace(/json$/, "js");
  script.onload = () => resolve({ json: () => window.searchIndex });
  script.onerror = reject;
  document.head.append(script);
});
</script></head>"""


def process(notebook: Path, target: Path) -> str:
    """Let nbdev make a page's source of a notebook; returns what went wrong."""
    from nbdev.processors import FilterDefaults
    from nbdev.serve_drv import exec_nb

    os.environ["IN_TEST"] = "1"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        exec_nb(notebook, target, FilterDefaults)
    except Exception as error:
        reason = error.__cause__ or error
        place = str(error).split("\n")[0].strip(" :")
        return f"{notebook.name}: {place}: {type(reason).__name__}: {reason}"
    return ""


def keep_order() -> None:
    """Document the functions of one cell in their order; nbdev puts the last one first."""
    from nbdev import processors

    names_of = processors._def_names
    processors._def_names = lambda *args: names_of(*args)[::-1]


def process_all(tree: Path) -> list[str]:
    """Do what nbdev_docs does before it calls Quarto; returns what went wrong."""
    from nbdev.doclinks import _build_modidx
    from nbdev.quarto import refresh_quarto_yml

    os.chdir(tree)
    refresh_quarto_yml()
    _build_modidx()
    sources = [tree / name for name in notebooks(tree)]
    targets = [tree / "_proc" / path.relative_to(tree / "nbs") for path in sources]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), keep_order) as pool:
        problems = [problem for problem in pool.map(process, sources, targets) if problem]
    for name in ("_quarto.yml", "nbdev.yml", "sidebar.yml", "styles.css"):
        shutil.copy(tree / "nbs" / name, tree / "_proc" / name)
    return problems


def make_searchable(site: Path) -> None:
    """Give the pages a search that works when they are opened from the folder."""
    index = (site / "search.json").read_text(encoding="utf-8")
    (site / "search.js").write_text(f"window.searchIndex = {index};\n", encoding="utf-8")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("</head>", SEARCH, 1), encoding="utf-8")


def main() -> int:
    """Render the site; returns the exit code."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tagifai-docs-") as scratch:
        tree = Context(ROOT, Path(scratch).resolve(), slow=False, strict=False, only=[]).copy()
        print("Processing the notebooks, about a minute ...", flush=True)
        command = [sys.executable, Path(__file__).resolve(), "process", tree]
        if subprocess.run(command, env=environment(tree), check=False).returncode:
            return 1
        try:
            output = call([RENDERER, "render", tree / "_proc"], tree, environment(None))
        except Failed as error:
            raise SystemExit(str(error)) from None
        for line in output.splitlines():
            if line.startswith("warning") and "output-file" not in line:
                print(line)
        make_searchable(tree / "_proc" / "_docs")
        target = ROOT / "_docs"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(tree / "_proc" / "_docs", target)
    pages = len(list(target.rglob("*.html")))
    print(f"{pages} pages in {time.monotonic() - started:.0f} s: open {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["process"]:
        import docs  # by its name, under which the workers find it too

        problems = docs.process_all(Path(sys.argv[2]))
        sys.exit("\n".join(problems) if problems else 0)
    sys.exit(main())
