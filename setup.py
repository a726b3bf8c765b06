"""Packaging of tagifai, read from settings.ini; pipeline notebooks are copied into the wheel."""

import configparser
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
config = configparser.ConfigParser(delimiters=["="])
config.read(ROOT / "settings.ini", encoding="utf-8")
settings = config["DEFAULT"]


def lines(key: str) -> list[str]:
    """Return the non-empty lines of a multi-line value."""
    return [line.strip() for line in settings.get(key, "").splitlines() if line.strip()]


FIRST, LAST = (int(settings[key].partition(".")[2]) for key in ("min_python", "max_python"))


class BuildWithPipelines(build_py):
    """Copy nbs/pipelines into the built package, so that a wheel can run them."""

    def run(self) -> None:
        """Build as usual, then add the notebooks."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "tagifai" / "pipelines"
        target.mkdir(parents=True, exist_ok=True)
        for notebook in sorted((ROOT / "nbs" / "pipelines").glob("*.ipynb")):
            shutil.copyfile(notebook, target / notebook.name)


setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=settings["author"],
    author_email=settings["author_email"],
    license="MIT",
    license_files=["LICENSE"],
    keywords=settings["keywords"].split(),
    python_requires=f">=3.{FIRST},<3.{LAST + 1}",
    packages=find_packages(include=["tagifai", "tagifai.*"]),
    package_data={
        "tagifai": [
            *("conf/**/*.yaml", "embedded/**/*.csv", "sample/*.csv", "templates/*.html"),
            "py.typed",
        ]
    },
    install_requires=lines("requirements"),
    extras_require={
        name: lines(f"{name}_requirements")
        for name in ("dev", "fast", "hyperopt", "lightgbm", "postgres", "torch", "xgboost")
    },
    entry_points={"console_scripts": lines("console_scripts")},
    cmdclass={"build_py": BuildWithPipelines},
    zip_safe=False,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Natural Language :: English",
        "Operating System :: POSIX :: Linux",
        "Operating System :: MacOS",
        "Operating System :: Microsoft :: Windows",
        "Programming Language :: Python :: 3",
        *[f"Programming Language :: Python :: 3.{minor}" for minor in range(FIRST, LAST + 1)],
    ],
)
