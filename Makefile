# The commands of this repository; `make` alone lists them. Tools come from backend/devtools/setup.sh.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Tests share the cores: they follow one another, save what test-beside runs beside each other.
ifndef BESIDE
.NOTPARALLEL:
endif
MAKEFLAGS += --no-print-directory

WORKERS ?= 3
# Where the product's catalogue lies in tests: sqlite, or postgresql (a server of the tests' own).
DB ?= sqlite
export DB
SIZE ?= 900
YEARS ?= 10
FIRST_YEAR ?= 2026

# uv may be the private one that the set-up made; the browser has several names.
export PATH := $(PATH):$(CURDIR)/backend/.cache/bootstrap/bin
export UV_PYTHON_DOWNLOADS := never
# Compiled once, not at each start: without its compiled files the program takes twice as long to start.
export PYTHONDONTWRITEBYTECODE :=
CHROMIUM_PATH ?= $(shell for name in chromium google-chrome-stable google-chrome chromium-browser; do \
	command -v $$name && break; done)
export CHROMIUM_PATH

SETUP := backend/devtools/setup.sh
BACKEND := cd backend && uv run --frozen --no-sync
FRONTEND := cd frontend && npm run --silent
# A file stays on one worker, so that what its tests share is made once; they come in the order of tests/conftest.py.
BY_FILE := --dist loadfile --no-loadscope-reorder
IN_PARALLEL = -n $(WORKERS) $(BY_FILE) --instafail --durations=10 --ignore=tests/images
# What PYTEST chooses may lie on one side only: then the other finds no test, which pytest ends with 5.
NONE_CHOSEN = [ "$$? $(if $(PYTEST),chosen)" = "5 chosen" ]
# Every Python process that inherits these is measured: see backend/devtools/coverage_gate.py.
MEASURED := COVERAGE_FILE=$(CURDIR)/backend/.coverage COVERAGE_PROCESS_START=$(CURDIR)/backend/pyproject.toml \
	PYTHONPATH=$(CURDIR)/backend

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install everything: Python and npm packages, test servers, browser
	@$(SETUP) all

.PHONY: servers
servers: ## Install the test servers only: PostgreSQL, MySQL, MariaDB, slapd
	@$(SETUP) servers

.PHONY: demo
demo: ## Run the product with real databases of each kind to try it on (ONCE=1: check it and end)
	@$(SETUP) backend frontend servers
	@$(FRONTEND) build
	@$(BACKEND) python -m devtools.demo $(if $(ONCE),--once)

.PHONY: dev
dev: ## Run the API with reload and Vite's server together
	@$(SETUP) backend frontend servers
	@$(BACKEND) python -m devtools.dev

.PHONY: test
test: setup test-backend test-frontend test-beside ## Run all tests with their coverage bounds, then the browser tests (DB=postgresql: the catalogue there)

# Images wait for downloads and browsers for pages: each leaves the cores to the other.
.PHONY: test-beside
test-beside: setup
	@$(MAKE) BESIDE=yes -j2 --output-sync=target e2e test-images

.PHONY: test-backend
test-backend: test-measured test-unmeasured ## Run all backend tests and hold the coverage against its bounds (WORKERS=3, DB=sqlite or postgresql)
	@$(BACKEND) env PYTHONPATH=. sh -c "coverage combine -q && coverage json -q -o .cache/coverage.json"
	@$(BACKEND) python -m devtools.coverage_gate .cache/coverage.json

# Two targets: with --keep-going the second runs also when a test of the first failed.
.PHONY: test-measured
test-measured:
	@rm -f backend/.coverage backend/.coverage.*
	@$(BACKEND) env $(MEASURED) pytest $(IN_PARALLEL) -m measured $(PYTEST) || $(NONE_CHOSEN)

.PHONY: test-unmeasured
test-unmeasured:
	@$(BACKEND) pytest $(IN_PARALLEL) -m "not measured" $(PYTEST) || $(NONE_CHOSEN)

.PHONY: test-frontend
test-frontend: ## Run all frontend tests with their coverage bounds
	@$(FRONTEND) test

.PHONY: test-images
test-images: ## Build both images and try out compose.yaml, on a private Docker engine (root on Debian)
	@$(SETUP) backend servers docker
	@$(BACKEND) pytest --durations=3 tests/images

.PHONY: test-unit
test-unit: ## Run the quick tests only: backend/tests/unit and the frontend's, without coverage
	@$(BACKEND) pytest -q tests/unit
	@$(FRONTEND) test:watch -- --run

.PHONY: e2e
e2e: ## Build the page and run the browser tests against real servers
	@$(SETUP) all
	@$(FRONTEND) build
	@$(FRONTEND) e2e

.PHONY: lint
lint: lint-backend lint-frontend check-client ## Check style, types, layers, and that the client fits the API

.PHONY: lint-backend
lint-backend: lint-ruff lint-format lint-mypy lint-layers

.PHONY: lint-ruff
lint-ruff:
	@$(BACKEND) ruff check

.PHONY: lint-format
lint-format:
	@$(BACKEND) ruff format --check

.PHONY: lint-mypy
lint-mypy:
	@$(BACKEND) mypy

.PHONY: lint-layers
lint-layers:
	@$(BACKEND) lint-imports

.PHONY: lint-frontend
lint-frontend:
	@$(FRONTEND) lint

.PHONY: check-client
check-client:
	@backend/devtools/check-client.sh

.PHONY: audit
audit: ## Ask PyPI's and npm's databases for known vulnerabilities of what the lock files name; needs the network
	@$(SETUP) backend frontend
	@backend/devtools/audit.sh

.PHONY: fix
fix: ## Repair what the linters can repair
	@$(BACKEND) ruff check --fix
	@$(BACKEND) ruff format
	@$(FRONTEND) fix

.PHONY: types
types: lint-mypy ## Check types only: mypy and tsc
	@cd frontend && npx --no-install tsc --noEmit

.PHONY: client
client: ## Write frontend/openapi.json and the generated client anew
	@$(BACKEND) python -m dbbackup openapi > .cache/openapi.json
	@mv backend/.cache/openapi.json frontend/openapi.json
	@$(FRONTEND) client
	@$(BACKEND) python -m devtools.permissions

.PHONY: lock
lock: ## Write both lock files anew after a change of dependencies
	@cd backend && uv lock
	@cd frontend && npm install --package-lock-only --no-audit --no-fund
	@$(BACKEND) python -m devtools.complete_npm_lock ../frontend/package-lock.json

.PHONY: migrate
migrate: ## Bring the catalogue named by DATABASE_PATH or DATABASE_URL to the newest schema
	@$(BACKEND) dbbackup migrate

.PHONY: matrix
matrix: ## Back up and restore between PostgreSQL 14 to 18, MySQL and MariaDB, and print a table
	@$(SETUP) backend servers
	@$(BACKEND) python -m devtools.matrix

.PHONY: schedule-long
schedule-long: ## Simulate ten years of schedules in all time zones (YEARS=10, FIRST_YEAR=2026): every slot exactly once
	@$(SETUP) backend
	@$(BACKEND) python -m devtools.schedule_simulation $(YEARS) $(FIRST_YEAR)

.PHONY: faults
faults: ## Try some random faults against the whole product (N=15, SEED=…); part of `make test`
	@$(SETUP) backend servers
	@$(BACKEND) python -m tests.faults.chaos --faults $(or $(N),15) $(if $(SEED),--seed $(SEED))

.PHONY: faults-long
faults-long: ## Try many random faults, and print at which stage they struck and what they broke (N=500, SEED=…)
	@$(SETUP) backend servers
	@$(BACKEND) python -m tests.faults.chaos --faults $(or $(N),500) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: ## Send made-up requests to every operation of the API, as an administrator, a viewer and nobody (N=20)
	@$(SETUP) backend servers
	@$(BACKEND) env FUZZ_EXAMPLES=$(or $(N),20) pytest -q --show-capture=no tests/fuzz

.PHONY: seed
seed: ## Give the catalogue of `make dev` a history to look at (ROWS=1000, LINES=0 of log)
	@$(SETUP) backend
	@$(BACKEND) env $(if $(ROWS),ROWS=$(ROWS)) $(if $(LINES),LINES=$(LINES)) python -m devtools.seed

.PHONY: bench
bench: ## Measure against the tools alone and what else one would run (SIZE=900 in MB, or small; ENGINES, SHAPES, PAIRS=10)
	@$(SETUP) backend servers
	@$(BACKEND) env SIZE=$(SIZE) python -m devtools.bench
	@$(BACKEND) python -m devtools.bench.retention

.PHONY: bench-memory
bench-memory: ## Measure the memory of the API process from small to large, and with five backups at once (SIZES=100,1000,5000)
	@$(SETUP) backend servers
	@$(BACKEND) env SIZES=$(SIZES) python -m devtools.bench.memory

.PHONY: bench-parallel
bench-parallel: ## Measure two dump jobs against one, and against pg_dump -Fd -j2 or mydumper (ENGINE=postgresql, mysql or mariadb, SIZE=900 in MB, PAIRS=10)
	@$(SETUP) backend servers
	@$(BACKEND) env SIZE=$(SIZE) python -m devtools.bench.parallel

.PHONY: bench-check
bench-check: ## Measure the short form and fail when a ratio is clearly worse than in devtools/bench/baseline.json
	@$(SETUP) backend servers
	@$(BACKEND) env SIZE=small ENGINES=postgresql PEERS=0 RESTORES=0 WAYS='gzip to disk' BASELINE=devtools/bench/baseline.json python -m devtools.bench

.PHONY: bench-load
bench-load: ## Measure the API beside five running backups and a long history (ROWS=100000, SECONDS=120, CLIENTS=50; RATE=0: the backups at full speed)
	@$(SETUP) backend servers
	@$(BACKEND) env ROWS=$(or $(ROWS),100000) SECONDS=$(or $(SECONDS),120) CLIENTS=$(or $(CLIENTS),50) RATE=$(or $(RATE),1000) python -m devtools.bench.load

.PHONY: screenshots
screenshots: ## Photograph every route, phone and desktop, light and dark: frontend/screenshots, a few to docs/images (ONLY=/,/backups)
	@$(SETUP) all
	@$(FRONTEND) build
	@cd frontend && npx --no-install playwright test --config playwright.showcase.config.ts screenshots

.PHONY: page-speed
page-speed: ## Measure how fast each route is there, behind nginx where there is one (TIMES=3, ONLY=/,/backups)
	@$(SETUP) all
	@$(FRONTEND) build
	@cd frontend && npx --no-install playwright test --config playwright.showcase.config.ts page-speed

.PHONY: build
build: ## Build the page (frontend/dist) and the wheel (backend/dist)
	@$(SETUP) backend frontend
	@$(FRONTEND) build
	@cd backend && uv build --wheel --out-dir dist

.PHONY: clean
clean: ## Remove what was built, installed and cached
	@rm -rf backend/.venv backend/.cache backend/dist backend/.mypy_cache backend/.ruff_cache \
		backend/.pytest_cache backend/.hypothesis backend/.import_linter_cache backend/.coverage*
	@rm -rf frontend/node_modules frontend/dist frontend/coverage frontend/test-results \
		frontend/playwright-report
	@find backend/src backend/tests backend/devtools -name __pycache__ -type d -prune -exec rm -rf {} +
