# leadline: the two commands that matter are `make scan` and `make test`. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := scanner probes reports tests tools

.PHONY: scan test patient lint types contracts unit bench docs clean

scan: $(READY)  ## Scan the embedded demo endpoint, or a site of yours: make scan URL=https://example.org
	@$(if $(URL),$(BIN)/leadline scan '$(URL)' --fail-on none -o leadline-report.html -o /dev/stdout --format console,$(BIN)/leadline demo)

test: lint types contracts unit  ## Everything that must hold before a change lands

patient: $(READY)  ## The long tests: servers that stall or turn us away, whole corpora
	$(BIN)/pytest -n 2 --dist loadfile -q -m patient

lint: $(READY)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

unit: $(READY)
	$(BIN)/pytest -n 4 --dist worksteal -q -m "not patient"

bench: $(READY)  ## The figures in docs/explanation/benchmarks.md
	$(BIN)/python -m tests.bench

docs: $(READY)  ## Write the generated pages: rules, guides, schema
	$(BIN)/python tools/write_schema.py
	$(BIN)/python tools/write_rule_pages.py
	$(BIN)/python tools/write_guide_page.py

$(READY): pyproject.toml
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
