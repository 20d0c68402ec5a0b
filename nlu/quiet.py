"""Rasa without its noise: no telemetry, no residents' sentences in logs, no TensorFlow chatter."""

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator

_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    # Rasa caches components by their own source only; a change in what they import would go unseen.
    "RASA_MAX_CACHE_SIZE": "0",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Threads change the order of sums and fight with the service for two cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def leave_out_jax() -> None:
    """Before Rasa is imported: TensorFlow takes jax in for a converter that nobody calls, 80 MB."""
    sys.modules.setdefault("jax", None)  # type: ignore[arg-type]  # "there is none", as the import system reads it


@contextlib.contextmanager
def quiet_rasa() -> Iterator[None]:
    """Import and run Rasa inside; what it prints is held back and shown on standard error only when it fails."""
    os.environ.update(_ENVIRONMENT)
    leave_out_jax()
    held = io.StringIO()
    try:
        with contextlib.redirect_stdout(held), contextlib.redirect_stderr(held), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from rasa.utils.log_utils import configure_structlog

            configure_structlog(logging.ERROR)  # its usual level prints every text and slot
            logging.getLogger("rasa").setLevel(logging.ERROR)
            yield
    except BaseException:
        sys.stderr.write(held.getvalue())
        raise
