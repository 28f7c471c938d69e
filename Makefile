# The two commands are `make demo` and `make test`; both set everything up first. See CONTRIBUTING.md.

# Tried in this order; `make setup PYTHON=/path/to/python3` names another.
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench format lint types unit

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## make .venv as locked; nothing to do takes no time
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then \
			exec $$python scripts/setup.py; \
		fi; \
	done; \
	echo 'setup: needs Python 3.11 or newer and found none as $(PYTHONS): install one,' \
		'or name it with `make setup PYTHON=/path/to/python3`' >&2; \
	exit 1

demo: setup  ## see it run: sample leads, simulated buyers and salespeople (ARGS="--exit")
	@$(BIN)/nurture demo $(ARGS)

check: setup lint types unit  ## lint, types, layers, unit tests: under a minute

# What starts servers of its own does so file by file. 5 is "no test has these words".
test: setup lint types  ## everything, the whole test suite included (ARGS="-k words")
	$(BIN)/pytest tests/unit tests/properties tests/replay -n 2 $(ARGS) $(if $(ARGS),|| [ $$? = 5 ])
	$(BIN)/pytest tests/workflows tests/integration tests/browser -n 2 --dist loadfile $(ARGS) $(if $(ARGS),|| [ $$? = 5 ])

bench: setup  ## measure, each figure beside its floor
	@$(BIN)/nurture bench $(ARGS)

format: setup  ## put the code into its form, repair what ruff can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

# tests/unit/test_layers.py, the import directions, is one of them.
# Without PostgreSQL, which not every machine has: `make test` runs the same tests on it.
unit: setup
	$(BIN)/pytest tests/unit -m "not postgresql" -n 2 $(ARGS)
