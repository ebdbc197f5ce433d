# `make tour` and `make test` are all a fresh machine needs; both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run in so many processes; each takes its share of the cores.
WORKERS ?= 2
STAMP := $(VENV)/.installed

.PHONY: setup tour test check docs bench clean

setup: $(STAMP)

# Made again only when the requirements change; a second run takes no time.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "firth needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		--no-build-isolation -e '.[dev,bench,docs]'
	@touch $@

tour: setup
	$(BIN)/firth tour

test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m pytest tests/policy

# Strict: a warning ends it. A policy test builds it too.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

bench: setup
	$(BIN)/python -m benchmarks.encode
	$(BIN)/python -m benchmarks.senses
	$(BIN)/python -m benchmarks.cloze
	$(BIN)/python -m benchmarks.rank
	$(BIN)/python -m benchmarks.align
	$(BIN)/python -m benchmarks.pretrain
	$(BIN)/python -m benchmarks.transfer
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.serve

clean:
	rm -rf $(VENV) site .pytest_cache .ruff_cache .hypothesis
