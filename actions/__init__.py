"""The action server: every module of this folder offers actions; all get the same assistant."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor

from actions.base import FlowAction
from bot.talk.once import Assistant


def executor(assistant: Assistant) -> ActionExecutor:
    """All actions of this folder, registered."""
    found = ActionExecutor()
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for _, kind in inspect.getmembers(importlib.import_module(f"actions.{module}"), inspect.isclass):
            if issubclass(kind, FlowAction) and kind is not FlowAction:
                found.register_action(kind(assistant))
    return found


def serve(assistant: Assistant, port: int) -> None:
    """Serve on 127.0.0.1 until stopped."""
    app = create_app(executor(assistant))
    app.run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)
