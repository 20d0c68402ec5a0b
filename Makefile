# Two commands: `make run` and `make test`. Everything is installed inside the repository.
SHELL := /bin/bash
# A Python that really runs: a pyenv shim may exist and fail.
PYTHON3 := $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
UV_HOME := .tools/uv
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo $(UV_HOME)/bin/uv)
PY := .venv/bin/python
NLU_PY := nlu/.venv/bin/python
export UV_NO_PROGRESS := 1
export RASA_TELEMETRY_ENABLED := false
-include .env
export

.PHONY: run test bench check format lock setup clean uv

run: setup
	@.venv/bin/langnghe up $(ARGS)

# Fast tests side by side, then the slow ones, two files at a time. Exit status 5: ARGS chose none of a kind.
test: setup
	@$(PY) -m pytest -m "not slow" -n auto --maxprocesses=4 $(ARGS) || test $$? -eq 5
	@$(PY) -m pytest -m slow -n 2 --dist loadfile $(ARGS) || test $$? -eq 5

bench: setup
	@$(PY) -m tests.load $(ARGS)

setup: .venv/.done nlu/.venv/.done

# A uv on PATH is used as it is; else ours is installed inside the repository.
uv: $(if $(filter $(UV_HOME)/bin/uv,$(UV)),$(UV))

$(UV_HOME)/bin/uv: bootstrap.lock
	@test -n "$(PYTHON3)" || { echo "Cần Python 3.11 trở lên."; exit 1; }
	@echo "Cài uv vào $(UV_HOME) …"
	@{ $(PYTHON3) -m venv $(UV_HOME) 2>/dev/null && $(UV_HOME)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r bootstrap.lock; } \
	  || $(PYTHON3) -m pip install -q --disable-pip-version-check --target $(UV_HOME) --require-hashes -r bootstrap.lock \
	  || { echo "Chưa cài được uv: cần gói python3-venv (apt install python3-venv) hoặc uv có sẵn."; exit 1; }

.venv/.done: requirements.lock pyproject.toml | uv
	@echo "Chuẩn bị môi trường dịch vụ …"
	@test -x $(PY) || $(UV) venv -q --python "$(PYTHON3)" .venv
	@$(UV) pip sync -q --python $(PY) --require-hashes requirements.lock
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

nlu/.venv/.done: nlu/requirements.lock | uv
	@echo "Chuẩn bị môi trường Rasa (lần đầu tải khoảng 1 GB) …"
	@test -x $(NLU_PY) || $(UV) venv -q --python "$$(nlu/find_python.sh)" nlu/.venv
	@$(UV) pip sync -q --python $(NLU_PY) --require-hashes nlu/requirements.lock
	@touch $@

check: setup
	@.venv/bin/ruff format --check -q bot actions tests nlu || (echo "ruff format: chạy 'make format'" && false)
	@.venv/bin/ruff check -q bot actions tests nlu
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(MAKE) --no-print-directory test

format: setup
	@.venv/bin/ruff check -q --fix bot actions tests nlu || true
	@.venv/bin/ruff format -q bot actions tests nlu

lock:
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock
	@$(UV) pip compile -q --universal --python-version 3.10 --generate-hashes --no-header --no-annotate nlu/pyproject.toml -o nlu/requirements.lock

clean:
	rm -rf .venv nlu/.venv .tools var
