"""A pressed button."""

from actions.base import FlowAction


class ActionPress(FlowAction):
    flow = "press"
