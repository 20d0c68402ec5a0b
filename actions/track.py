"""Status by code, and the person's own cases."""

from actions.base import FlowAction


class ActionTrack(FlowAction):
    flow = "track"
