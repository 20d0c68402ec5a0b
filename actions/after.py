"""After filing: add, withdraw, rate, not done."""

from actions.base import FlowAction


class ActionAfter(FlowAction):
    flow = "after"
