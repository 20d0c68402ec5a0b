"""Telling of something wrong; answering what is asked about it."""

from actions.base import FlowAction


class ActionReport(FlowAction):
    flow = "report"
