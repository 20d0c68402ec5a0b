"""One call of the Graph API: address, token, proof, answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from bot.channels.base import File
from bot.channels.messenger.failures import refused
from bot.domain.reach import Way
from bot.platforms.http import Http
from bot.settings import Settings


class Graph:
    """The Graph API for one Page. Every method raises a DeliveryError when Meta refuses or does not answer."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self.base = f"{settings.messenger_graph_base}/{settings.messenger_graph_version}"
        self._http = http
        self._token = settings.messenger_page_token.strip()
        self._proof = appsecret_proof(self._token, settings.messenger_app_secret.strip())

    def get(self, path: str, way: Way = "free", **params: str) -> dict[str, Any]:
        """Read something."""
        return self._call("GET", path, params, way)

    def post(self, path: str, body: dict[str, Any] | None = None, way: Way = "free", **params: str) -> dict[str, Any]:
        """Change or send something. `way`: how a message goes, since it decides what a refusal means."""
        return self._call("POST", path, params, way, json=body or {})

    def upload(self, path: str, body: dict[str, Any], file: File, way: Way = "free") -> dict[str, Any]:
        """Send something together with a file: every field of the body as a part, the file as `filedata`."""
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        files = {"filedata": (file.name, file.content, file.content_type)}
        return self._call("POST", path, {}, way, wait=self._http.timeout * 3, data=fields, files=files)

    def inspected(self) -> dict[str, Any]:
        """What Meta knows about our token: `is_valid`, `app_id`, `scopes`, `expires_at` (seconds; 0 = never)."""
        return self.get("/debug_token", input_token=self._token).get("data") or {}

    def _call(
        self, method: str, path: str, params: dict[str, str], way: Way = "free", wait: float | None = None, **body: Any
    ) -> dict[str, Any]:
        given = {**params, "access_token": self._token, "appsecret_proof": self._proof}
        answer = self._http.ask(method, self.base + path, wait, params=given, **body)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if answer.status_code == 200 and isinstance(found, dict) and "error" not in found:
            return found
        raise refused(answer.status_code, found, way)


def appsecret_proof(token: str, app_secret: str) -> str:
    """What proves to Meta that the token is used by its own application (Graph API, securing requests)."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
