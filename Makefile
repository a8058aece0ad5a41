# Every target is one line of intent; ./bootstrap makes .venv and says what it installs.
PY := .venv/bin/python

.PHONY: demo test check screens fuzz kill9 power simulate mutants matrix
.PHONY: postgres sums endurance kit bench-voucher bench-journal bench-catalogue bench-platform bench-reading
.PHONY: bench-serial bench-tui lock clean

demo:
	@./bootstrap run
	@.venv/bin/gongji demo

test: check
	@$(PY) -m pytest -n auto --dist worksteal -q

check: dev
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

# Campaigns: longer than the tests, the same code.  Each ends with one line of JSON.

# Kills the running till with SIGKILL at random moments, restarts it, compares the books.
kill9: dev
	@$(PY) -m tests.kill9 --rounds $(or $(ROUNDS),50) --seed $(or $(SEED),1) $(if $(HOSTILE),--hostile)

# Cuts the power under the journal, losing, reordering and tearing what was not synced.
power: dev
	@$(PY) -m tests.power --cuts $(or $(CUTS),5000) --seed $(or $(SEED),1)

# The real till against simulated network, disk, clock and people.
simulate: dev
	@$(PY) -m tests.simulation --sales $(or $(SALES),2000) --seed $(or $(SEED),1) \
	  --hostility $(or $(HOSTILITY),1) $(if $(PROFILE),--profile $(PROFILE)) $(if $(MUTANT),--mutant $(MUTANT))

# Wrong designs of the money rules, each of which the simulation must catch.
mutants: dev
	@$(PY) -m tests.simulation.mutants

# 69 faults at 22 moments of a sale.
matrix: dev
	@$(PY) -m tests.matrix --run

# Random settlements in every convention a platform may have, read by the till's own code.
sums: dev
	@$(PY) -m tests.settlement.carts --carts $(or $(CARTS),100000) --seed $(or $(SEED),1)

# An hour of frames, a hundred unplugged scanners and stalled cameras: memory, and how soon noticed.
endurance: dev
	@$(PY) -m tests.endurance

# The recordings of the kit, each three times: straight, through pretend devices, into a till.
kit: dev
	@$(PY) -m tests.kit --times $(or $(TIMES),3)

# The sandbox's tests, all of them on PostgreSQL; a part of `make test` runs on both databases.
postgres: dev
	@SANDBOX_DATABASE=postgres $(PY) -m pytest -n 2 -q tests/sandbox

fuzz: dev
	@$(PY) -m tests.fuzz --seconds $(or $(SECONDS),60)

bench-voucher: dev
	@$(PY) -m tests.bench.voucher

# How many codes are read at what cost, beside other decoders; idle cost; delay of a live camera.
bench-reading: dev
	@$(PY) -m tests.bench.reading --count $(or $(COUNT),20) --seed $(or $(SEED),1)

# From the last byte of a serial scanner to the till, beside pyserial alone.
bench-serial: dev
	@$(PY) -m tests.bench.serial

# The client's overhead beside a bare POST, and how many sales a second the sandbox bears.
bench-platform: dev
	@$(PY) -m tests.bench.platform

# 100,000 goods and national rows: import beside bare sqlite3, and how soon one is found.
bench-catalogue: dev
	@$(PY) -m tests.bench.catalogue

# How soon a key and a scan are on the screen, 200 lines in the cart; memory after so many sales.
bench-tui: dev
	@$(PY) -m tests.bench.tui --sales $(or $(SALES),5000)

bench-journal: dev
	@$(PY) -m tests.bench.journal

# Draws every screen in both languages into docs/screens.
screens: dev
	@$(PY) -m tests.tui.screenshots docs/screens

.PHONY: dev
dev:
	@./bootstrap dev

# Renews both lock files after a change of pyproject.toml; needs `uv` on the PATH.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  pyproject.toml --group install -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv
