"""Where the training does a second thing meanwhile: in a process, never in a thread.

The library of the SVM draws from one source of chance for the whole process: two fits side by side in it would take
the numbers from each other, and the same data would no longer make the same model.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

_WORTH_A_PROCESS = 5000  # texts to learn from; with fewer the start of the process takes longer than the work


class InTurn(Executor):
    """Runs everything at once in the caller's own process, with the same results."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Has run when it comes back; what the function raises comes out of the future."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def second_core(texts: int) -> Executor:
    """One worker for a training on so many texts; shut it down, or use it in a `with`."""
    if texts < _WORTH_A_PROCESS:
        return InTurn()
    # Quiet like the process that asks (nlu/quiet.py): what fails comes out of the future.
    return ProcessPoolExecutor(1, get_context("spawn"), logging.disable, (logging.WARNING,))
