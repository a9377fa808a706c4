# Two commands on a fresh machine: `make demo` and `make test`.
# They need Python 3.11 or newer with venv, make, and a package index for pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: demo test check format golden bench clean

demo: $(VENV)/installed
	@mkdir -p demo
	@cd demo && rm -f rnn_loss.yaml rnn_loss.npz && ../$(BIN)/graphfold examples rnn_loss --save
	@cd demo && ../$(BIN)/graphfold unfold rnn_loss.yaml --steps 3 -o rnn_loss.svg
	@cd demo && ../$(BIN)/graphfold unfold rnn_loss.yaml --steps 3 -o rnn_loss.png
	@cd demo && ../$(BIN)/graphfold eval rnn_loss.yaml --inputs rnn_loss.npz
	@echo
	@echo "The figure: $(CURDIR)/demo/rnn_loss.svg"
	@echo "       and  $(CURDIR)/demo/rnn_loss.png"

test: $(VENV)/testable
	$(BIN)/python -m pytest -n $(JOBS)

check: $(VENV)/testable
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/testable
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/testable
	$(BIN)/python -m pytest tests/test_render_golden.py tests/test_docs.py --update-golden -n 0
	@echo "Open the changed figures and look at them before you commit."

bench: $(VENV)/testable
	$(BIN)/python -m benchmarks

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "graphfold needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 -m venv failed; on Debian: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/testable: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
