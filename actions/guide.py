"""Emergencies, complaints, questions, praise: what is not (only) a report."""

from actions.base import FlowAction


class ActionGuide(FlowAction):
    flow = "guide"
