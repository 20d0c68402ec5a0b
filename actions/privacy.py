"""Erasing a person's data."""

from actions.base import FlowAction


class ActionPrivacy(FlowAction):
    flow = "privacy"
