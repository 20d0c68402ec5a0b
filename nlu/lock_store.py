"""The in-memory lock store with a short wait: six messages at once took 5 s with Rasa's poll of one second.

For one server process only; endpoints.yml names it as `lock_store: {type: nlu.lock_store.QuickLockStore}`.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore
from rasa.utils.endpoints import EndpointConfig

WAIT_SECONDS = 0.02


class QuickLockStore(InMemoryLockStore):
    """Waiters look every 20 ms whether it is their turn; tickets keep their order."""

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        """Rasa hands the endpoint over; nothing in it matters to a store in memory."""
        super().__init__()

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = WAIT_SECONDS
    ) -> AsyncGenerator[TicketLock, None]:
        """Holds the conversation's lock; raises LockError as the parent does."""
        async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
            yield ticket
