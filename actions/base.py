"""An action of ours: the message's number and meaning -> one service call -> names of replies and what fills them."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.talk.once import Assistant

log = logging.getLogger(__name__)


class FlowAction(Action):
    """Base of all actions. A subclass names its flow; Rasa's rules say which intents lead to it."""

    flow: str

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def name(self) -> str:
        return f"action_{self.flow}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        message = tracker.latest_message
        inbox_id = (message.get("metadata") or {}).get("inbox_id")
        if inbox_id is None:
            return []
        # In a thread: a turn waits for the database and for Rasa, and others must not wait with it.
        try:
            replies = await asyncio.to_thread(self.assistant.decide, inbox_id, self.flow, message)
        except Exception as error:
            # The edge of this process. The library would answer with the whole talk, and Rasa would log it; without
            # an answer of ours the message waits and is tried again.
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error("message %s: %s in %s:%s", inbox_id, type(error).__name__, where.name, where.lineno)
            return []
        for reply in replies:
            buttons = [{"title": b["label"], "payload": b["payload"]} for b in reply["buttons"]]
            custom = {"images": list(reply["images"]), "ask": reply["ask"]}
            dispatcher.utter_message(response=reply["name"], buttons=buttons, json_message=custom, **reply["values"])
        return []
