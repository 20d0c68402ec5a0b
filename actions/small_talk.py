"""Greetings, thanks, what the assistant can do."""

from actions.base import FlowAction


class ActionSmallTalk(FlowAction):
    flow = "small_talk"
