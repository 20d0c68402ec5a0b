"""Every error of ours, as a tree in which each leaf is a decision.

LangNgheError
├── InvalidInput            tell the person who asked; nothing was changed
│   ├── NotAllowed          the role or the status forbids it
│   ├── NotFound
│   └── TooLarge
├── SettingsError           stop the start, name the setting
├── DialogueUnavailable     Rasa is down or slow: keep the message, try later
└── DeliveryError
    ├── RetryLater          try again, at the earliest after `after` seconds
    ├── WayClosed           not this way, or not any more: try the next way (bot/domain/reach.py)
    ├── Unreachable         this person cannot be reached on this channel: stop, remember, tell staff
    ├── BrokenRequest       our request is wrong: never again, tell the operator
    └── ChannelDown         credentials are refused: stop the channel, raise the alarm
"""

from __future__ import annotations


class LangNgheError(Exception):
    """Root of all our errors; the message is fit to be shown to staff."""


class InvalidInput(LangNgheError):
    """What was asked cannot be done; the message says why in Vietnamese."""


class NotAllowed(InvalidInput):
    """The person's role, or the case's status, forbids it."""


class NotFound(InvalidInput):
    """There is no such thing."""


class TooLarge(InvalidInput):
    """The thing sent is larger than we take."""


class SettingsError(LangNgheError):
    """A setting is missing, unknown or bad; the message names it."""


class DialogueUnavailable(LangNgheError):
    """Rasa did not answer in time."""


class DeliveryError(LangNgheError):
    """A message could not be handed to the platform."""


class RetryLater(DeliveryError):
    """Try again later.

    Args:
        after: seconds to wait at least; None leaves it to our own back-off.
        uncertain: True when the platform may have taken the message already (a time-out).
        everyone: True when the whole channel must wait (a rate limit, an outage), not only this person.
    """

    def __init__(
        self, message: str, after: float | None = None, uncertain: bool = False, everyone: bool = False
    ) -> None:
        super().__init__(message)
        self.after = after
        self.uncertain = uncertain
        self.everyone = everyone


class WayClosed(DeliveryError):
    """The platform's window is closed, or it refuses a template for this person: another way may be open."""


class Unreachable(DeliveryError):
    """The person blocked us or left."""


class BrokenRequest(DeliveryError):
    """The platform says that the request itself is wrong."""


class ChannelDown(DeliveryError):
    """The platform refuses our credentials."""
