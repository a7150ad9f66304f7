# Quanyu. `make` alone lists the targets. Python 3.11 or newer and make are all that is needed.
PYTHON ?= python3
RUN := $(PYTHON) tools/bootstrap.py
DEV := $(PYTHON) tools/bootstrap.py --dev
ARGS ?=
DEMO ?= 1

.DEFAULT_GOAL := help
.PHONY: help up down clean test check fix rows demo demo-files replay fakes bench messages locks shell

help: ## list the targets
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

up: ## start everything and print the address (CHAIN=journey for the replayed chain, PORT=8000)
	@DEMO=$(DEMO) QUANYU_CHAIN=$(CHAIN) $(if $(filter journey,$(CHAIN)),$(DEV),$(RUN)) manage.py up $(if $(PORT),--port $(PORT)) $(if $(HOST),--host $(HOST)) $(ARGS)

down: ## stop what `make up` left running, if anything
	@$(RUN) manage.py down

clean: down ## stop, then delete the database, uploads and assets of this checkout
	@$(RUN) -m tools.clean

# Where the machine forbids compiled files, each worker and each process that a test starts would compile everything anew.
test: ## the whole suite in parallel, browser included (ARGS="tests/x -k y" for a part)
	@$(DEV) -m tools.assets
	@$(DEV) -m tools.chromium
	@PYTHONDONTWRITEBYTECODE= $(DEV) -m pytest $(if $(ARGS),$(ARGS),-n auto)

check: ## lint, templates, contracts, types, migrations, translations, deploy checks
	@$(DEV) -m tools.check

fix: ## let the formatters do what they can
	@$(DEV) -m tools.check --fix

rows: ## requirement rows and the tests that show them
	@$(DEV) -m tools.rows

demo: ## fill an empty database with the demo chain (SIZE=2k, 100k, 200k, 2m, 10m)
	@DEMO=$(DEMO) $(RUN) manage.py embedded demo $(if $(SIZE),--size $(SIZE)) $(ARGS)

demo-files: ## write messy member, store and staff files to try the imports with
	@$(RUN) manage.py demo_files $(ARGS)

replay: ## the public retail data through every door, compared to the cent
	@$(DEV) manage.py embedded replay $(ARGS)

fakes: ## platforms that talk to the running chain, for watching (SITE=http://127.0.0.1:8000)
	@$(DEV) manage.py embedded -- -m tests.fakes $(if $(SITE),--site $(SITE)) $(ARGS)

bench: ## a first line each for import, ingest and ledger, in one run
	@$(DEV) manage.py embedded -- -m bench $(ARGS)

bench-import: ## the legacy import beside django-import-export and bare COPY (ROWS=20k)
	@ROWS=$(ROWS) $(DEV) -m bench.imports

bench-%: ## one bench: bench-broker, bench-webserver, bench-…
	@$(DEV) manage.py embedded -- -m bench.$* $(ARGS)

messages: ## collect the strings to translate into config/locale
	@$(DEV) -m tools.messages --update

shell: ## Python with the models of the running chain
	@$(RUN) manage.py embedded shell

locks: ## renew requirements/*.lock after pyproject.toml changed
	@$(DEV) -m tools.locks $(ARGS)
