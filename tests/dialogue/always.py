"""What is true of every conversation, whatever it is about."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from bot.city import read_yaml
from bot.domain.deadline import in_words
from bot.services.track_case import by_typed_code  # noqa: F401
from bot.settings import ROOT
from tests.dialogue.expect import public_words
from tests.dialogue.runner import Heard, Play
