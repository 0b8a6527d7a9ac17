# The two commands: `make results` and `make test`. They need Python 3.11 or newer and nothing else.

PYTHON ?= python3
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
CONFIG ?= config/config.yaml
SORT ?= auc
SCALE ?= 1
REPEAT ?= 3
SEED ?= 0
SEEDS ?= 30
KEEP_DAYS ?= 7

BIN := .venv/bin
HASHED := --universal --python-version 3.11 --generate-hashes -q
LOCK := uv pip compile pyproject.toml $(HASHED)
# Snakemake keeps files in the home folder; where that can't be written to, they go here.
export XDG_CACHE_HOME ?= $(shell test -n "$$HOME" && mkdir -p "$$HOME/.cache" 2>/dev/null && test -w "$$HOME/.cache" \
  && echo "$$HOME/.cache" || echo "$(CURDIR)/.snakemake/home")
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/scripts
# Images of Python for containers set this one; each of many starts would then compile hundreds of modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help results years app pdf compare study benchmark calibration drift domains pseudo-classes microphones signs soak audit prune test lint format docs api messages lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

results: .venv/installed ## Run the main job: clips, tables, figures, report
	@python -m pygoodvibes check $(CONFIG)
	@snakemake -j$(JOBS) --configfile $(CONFIG)
	@echo 'Putting all tables and figures into one report ...'
	@snakemake --configfile $(CONFIG) --quiet all --report "$$(python -m pygoodvibes report-path $(CONFIG))"
	@python -m pygoodvibes show $(CONFIG)

years: .venv/installed ## Run all years of DCASE Task 2 whose clips are on disk, and set them beside published scores
	@for year in 2021 2022 2023 2024 2025 2026; do \
	  if [ -d data/dcase$$year ]; then \
	    snakemake -j$(JOBS) --configfile config/dcase$$year.yaml --quiet rules || exit 1; \
	  fi; \
	done
	@python -m pygoodvibes years

app: .venv/installed .venv/installed-app ## See and hear the results in a browser
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python -m streamlit run app/main.py

pdf: .venv/installed ## Print the page of results to a PDF of four pages, with the Chromium, Chrome or Edge on this machine (TABLES=yes: all of it)
	@python -m pygoodvibes pdf $(CONFIG) $(if $(TABLES),--tables)

compare: .venv/installed ## Set DVC's experiments against the last commit: table and figure (SORT=pauc, fan, ...)
	@python -m pygoodvibes compare $(CONFIG) --sort $(SORT)

study: .venv/installed ## Run a ready-made study: make study STUDY=config/studies/lof.yaml
	@python -m pygoodvibes study $(or $(STUDY),$(error name a study: make study STUDY=config/studies/lof.yaml)) \
	  --config $(CONFIG) --jobs $(JOBS)

benchmark: .venv-benchmark/installed ## Measure speed, memory and growth on the development set's size: make benchmark SCALE=1/8
	.venv-benchmark/bin/python benchmarks/run.py --scale $(SCALE) --repeat $(REPEAT) --jobs 2

calibration: .venv/installed ## Count false alarms of thresholds from few clips: make calibration SEEDS=30
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/calibration.py --seeds $(SEEDS)

drift: .venv/installed ## Count false alarms of the control chart on clips of which nothing changes: make drift SEEDS=8
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/drift.py --seeds $(SEEDS)

domains: .venv/installed ## Compare detectors that know domains with others: make domains SEEDS=5 (SUPPLEMENTAL=yes: those that see supplemental recordings)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/domains.py --seeds $(SEEDS) $(if $(SUPPLEMENTAL),--supplemental)

pseudo-classes: .venv/installed ## Measure what the choice by attributes is worth: make pseudo-classes SEEDS=4
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/pseudo_classes.py --seeds $(SEEDS) --jobs $(JOBS)

microphones: .venv/installed ## Compare what a near and a far microphone give together: make microphones SEEDS=3
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/microphones.py --seeds $(SEEDS) --jobs $(JOBS)

signs: .venv/installed ## Count which faults get which words, and how often words come on normal clips
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/signs.py

soak: .venv/installed-test ## Try damaged files, kills, full disks, hostile models, very often: make soak SCALE=1/10
	PYTHONPATH=scripts:tests OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  python tests/soak/run.py --scale $(SCALE) --seed $(SEED)

audit: .venv-audit/installed ## Ask for known vulnerabilities of all packages; list them in build/sbom.json
	@.venv-audit/bin/python security/audit.py

prune: .venv/installed ## Remove earlier results that nothing uses: make prune KEEP_DAYS=30
	@python -m pygoodvibes prune --keep-days $(KEEP_DAYS)

test: .venv/installed-test ## Run all tests
	OMP_NUM_THREADS=1 python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: .venv/installed-test ## Check code style, rules and generated documentation
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint
	snakemake --lint --configfile config/dcase2020.yaml
	lint-imports
	$(COG) --check $(PAGES)

format: .venv/installed-test ## Bring code and rules into the project's style
	ruff check --fix .
	ruff format .
	snakefmt Snakefile rules

# Parts of pages that are made from the code stand between Cog's marks.
COG := cog -p 'from pygoodvibes.documentation.parts import part'
PAGES := README.md CONTRIBUTING.md config/README.md docs/results.md docs/reference/cli.md docs/reference/files.md \
  docs/dcase/2021.md docs/dcase/2022.md docs/dcase/2023.md \
  docs/dcase/2024.md docs/dcase/2025.md docs/dcase/2026.md

docs: .venv/installed-test ## Write what is generated: reference, schema, tables of results, pictures of the method
	python -m pygoodvibes.documentation
	$(COG) -r $(PAGES)

api: .venv/installed-test ## Write the reference of the library to build/api, from its docstrings
	python -m pdoc --docformat numpy --no-show-source -o build/api pygoodvibes

messages: .venv/installed-test ## Bring new sentences of the library into the catalogs of all languages, to be translated there
	pybabel -q extract --mapping-file=pyproject.toml --keywords='message UserError say' \
	  --add-comments='In the catalog:' --strip-comment-tags --add-location=file --sort-by-file --width=100 \
	  --project=pygoodvibes --output-file=.venv/pygoodvibes.pot .
	pybabel -q update --domain=pygoodvibes --input-file=.venv/pygoodvibes.pot --output-dir=scripts/pygoodvibes/locale \
	  --width=100 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

lock: .venv/installed-test ## Pin all dependencies, with hashes, from pyproject.toml
	$(LOCK) --all-extras -o requirements-test.txt
	$(LOCK) -c requirements-test.txt --extra workflow -o requirements.txt
	$(LOCK) -c requirements-test.txt --extra workflow --extra app -o requirements-app.txt
	$(LOCK) -c requirements-test.txt --extra workflow --extra cluster -o requirements-cluster.txt
	$(LOCK) -c requirements-test.txt --extra workflow --extra encoder -o requirements-encoder.txt
	$(LOCK) -c requirements-test.txt --extra serve -o requirements-serve.txt
	$(LOCK) -c requirements-test.txt --extra workflow --extra encoder --extra train -o requirements-train.txt
	$(LOCK) -c requirements-test.txt --extra workflow --extra peers -o requirements-peers.txt
	uv pip compile --group audit $(HASHED) -o requirements-audit.txt

clean: ## Remove everything computed; audio, results and .venv stay
	rm -rf resources logs .snakemake

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Error: Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -m venv .venv

# With uv where it is there. The pins are complete, so pip need not look for what a package needs;
# Python compiles what it uses at its first use.
UV := $(shell command -v uv)
PIP := $(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-compile
INSTALL := $(if $(UV),uv pip install -q --no-deps --python $(BIN)/python,$(PIP))
# The command `pygoodvibes` is this folder's own code, at every change.
COMMAND := $(INSTALL) --no-build-isolation -e .
SAY = echo "Installing $$(grep -c == $(1)) packages into .venv$(if $(UV), with uv,: a minute or so) ..."

.venv/installed: requirements.txt pyproject.toml | .venv/bin/python
	@$(call SAY,requirements.txt)
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(COMMAND)
	@touch $@

.venv/installed-%: requirements-%.txt .venv/installed
	@$(call SAY,requirements-$*.txt)
	@$(INSTALL) --require-hashes -r requirements-$*.txt
	@touch $@

# What `make results` takes and nothing more: Snakemake imports every plugin that is installed.
.venv-benchmark/installed: requirements.txt | .venv/bin/python
	$(BIN)/python -m venv .venv-benchmark
	.venv-benchmark/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements.txt
	@touch $@

# What `make audit` takes: apart, so that nothing else runs with it.
.venv-audit/installed: requirements-audit.txt | .venv/bin/python
	$(BIN)/python -m venv .venv-audit
	.venv-audit/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-audit.txt
	@touch $@

# all the others are part of it
.venv/installed-test: requirements-test.txt pyproject.toml | .venv/bin/python
	@$(call SAY,requirements-test.txt)
	@$(INSTALL) --require-hashes -r requirements-test.txt
	@$(COMMAND)
	@touch $@ .venv/installed .venv/installed-app .venv/installed-cluster .venv/installed-encoder .venv/installed-train \
	  .venv/installed-peers .venv/installed-serve
