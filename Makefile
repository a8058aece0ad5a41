# Every target is one line of intent; ./bootstrap makes .venv and says what it installs.
PY := .venv/bin/python

.PHONY: demo test check lock kill9 clean

demo:
	@./bootstrap run
	@.venv/bin/gongji demo

test: check
	@$(PY) -m pytest -n auto --dist worksteal -q

check:
	@./bootstrap dev
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

# ROUNDS times: kill -9 the running till at a random moment of a sale, restart, compare the books.
kill9:
	@./bootstrap dev
	@$(PY) -m tests.kill9 --rounds $(or $(ROUNDS),50) --seed $(or $(SEED),1)

# Renews both lock files after a change of pyproject.toml; needs `uv` on the PATH.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  pyproject.toml --group install -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q \
	  pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv
