#!/bin/sh
# Prints a Python 3.10 for Rasa: one on PATH that really runs (a pyenv shim may exist and fail), one under pyenv,
# or "3.10", which uv then finds or downloads.
for candidate in python3.10 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python3.10; do
    found=$(command -v "$candidate" 2>/dev/null) || continue
    case "$("$found" -c 'import sys, venv; print(sys.version_info[:2] == (3, 10))' 2>/dev/null)" in
        True) echo "$found"; exit 0 ;;
    esac
done
echo 3.10
