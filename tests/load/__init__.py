"""Measurements under load: `make bench`, or `.venv/bin/python -m tests.load [--quick] [webhooks] [fan_out]`.

Each bench is a module whose docstring says what is measured and against what; `report.py` draws the table.
"""
