# Two commands to begin with: make run, make test. `make` alone lists them all.
# PYTHON=path names the Python to use (3.11 to 3.14); ARGS=... goes to the command.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test test-slow lab docs bench readme sidebar install clean

BIN := .venv/bin
export JUPYTER_PREFER_ENV_PATH := 1
# A Python that fits, then the environment that the target needs; both are quick when all is there
environment = @python=$$(PYTHON="$(PYTHON)" sh .ci/python) && PYTHON="$(PYTHON)" "$$python" .ci/environment.py

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: ## Run the pipeline: the embedded sample, or ARGS="data=csv data.path=my.csv ..."
	$(environment) run
	@$(BIN)/tagifai run $(ARGS)

test: ## Run all checks and tests, and end with "N passed, N failed"
	$(environment) dev
	@$(BIN)/python .ci/checks.py $(ARGS)

test-slow: ## The same with the slow tests, an empty installation, and a test of the checks themselves
	$(environment) dev
	@$(BIN)/python .ci/checks.py --slow $(ARGS)

lab: ## Open JupyterLab on the project
	$(environment) dev
	@$(BIN)/jupyter lab $(ARGS)

docs: ## Render the notebooks into _docs/, to open from the folder without a network
	$(environment) dev
	$(environment) docs
	@$(BIN)/python .ci/docs.py

bench: ## Run the notebooks of nbs/benchmarks into reports/benchmarks/, or those with ARGS in their name
	$(environment) dev
	@mkdir -p reports/benchmarks
	@for path in nbs/benchmarks/*$(ARGS)*.ipynb; do \
		echo "Running $$path, some minutes; the machine should be idle ..."; \
		$(BIN)/papermill --kernel python3 --cwd nbs/benchmarks --no-progress-bar --log-level ERROR \
			"$$path" "reports/benchmarks/$${path##*/}" || exit 1; \
		echo "Done: reports/benchmarks/$${path##*/}"; \
	done

readme: ## Write README.md from nbs/index.ipynb
	$(environment) dev
	@$(BIN)/jupyter nbconvert --log-level=WARN --to markdown nbs/index.ipynb --output-dir . --output README

sidebar: ## Write the sidebar of the docs anew
	@python=$$(PYTHON="$(PYTHON)" sh .ci/python) && "$$python" .ci/cells.py --sidebar

install: ## Install what developing needs into .venv, without running anything
	$(environment) dev
	@echo "Ready: $(BIN)/tagifai, $(BIN)/jupyter lab; hooks: $(BIN)/nbdev_install_hooks, $(BIN)/pre-commit install"

clean: ## Remove caches and what was built; never data/, stores/, reports/ or .venv
	@rm -rf build dist _docs _proc ./*.egg-info .mypy_cache .ruff_cache .pytest_cache
	@find . \( -path ./.venv -o -path ./.venv-docs -o -path ./.git -o -path ./data -o -path ./stores -o -path ./reports \) \
		-prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +
