# Two commands: `make run` and `make test`. Everything is installed inside the repository.
SHELL := /bin/bash
PYTHON3 := $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
UV_HOME := .tools/uv
UV := $(shell command -v uv 2>/dev/null || echo $(UV_HOME)/bin/uv)
PY := .venv/bin/python
NLU_PY := nlu/.venv/bin/python
export UV_NO_PROGRESS := 1
export RASA_TELEMETRY_ENABLED := false
-include .env
export

.PHONY: run test check format lock setup clean

run: setup
	@.venv/bin/langnghe up $(ARGS)

test: setup
	@$(PY) -m pytest $(ARGS)

setup: .venv/.done nlu/.venv/.done

$(UV_HOME)/bin/uv:
	@echo "Cài uv vào $(UV_HOME) …"
	@$(PYTHON3) -m venv $(UV_HOME) && $(UV_HOME)/bin/pip install -q --disable-pip-version-check uv

.venv/.done: requirements.lock pyproject.toml | $(UV)
	@echo "Chuẩn bị môi trường dịch vụ …"
	@test -x $(PY) || $(UV) venv -q --python "$(PYTHON3)" .venv
	@$(UV) pip sync -q --python $(PY) --require-hashes requirements.lock
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

nlu/.venv/.done: nlu/requirements.lock | $(UV)
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
