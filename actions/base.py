"""An action of ours: the message's number and meaning -> one service call -> names of replies and what fills them."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.talk.once import Assistant


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
        replies = await asyncio.to_thread(self.assistant.decide, inbox_id, self.flow, message)
        for reply in replies:
            buttons = [{"title": b["label"], "payload": b["payload"]} for b in reply["buttons"]]
            custom = {"images": list(reply["images"]), "ask": reply["ask"]}
            dispatcher.utter_message(response=reply["name"], buttons=buttons, json_message=custom, **reply["values"])
        return []
