"""The Bot API itself, as strict as the real one: methods, refusals, long polling, webhook, files."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.telegram import FakeTelegram

_TOKEN = re.compile(r"\d+:[\w-]{30,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")
_ACTIONS = ("typing", "upload_photo", "record_voice", "upload_document", "find_location")
_DOWNLOAD_LIMIT = 20_000_000
_PHOTO_LIMIT = 10_000_000


@dataclass
class File:
    """A file on the server; `size` may pretend to be larger than the content."""

    content: bytes
    path: str
    size: int


@dataclass
class Sent:
    """One message of the bot's. `text` is the caption of a picture."""

    number: int
    chat: int
    text: str
    photo: bytes | None = None
    markup: dict[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The inline buttons, in reading order."""
        return [button for row in self.markup.get("inline_keyboard", []) for button in row]

    @property
    def rows(self) -> list[list[str]]:
        """Labels of the inline buttons, row by row."""
        return [[button["text"] for button in row] for row in self.markup.get("inline_keyboard", [])]

    @property
    def keyboard(self) -> list[dict[str, Any]]:
        """The buttons below the input."""
        return [button for row in self.markup.get("keyboard", []) for button in row]

    def shown(self) -> dict[str, Any]:
        """The message as the API shows it (reply keyboards are not shown)."""
        words = {"text": self.text} if self.photo is None else {"caption": self.text, "photo": []}
        markup = {"reply_markup": self.markup} if self.buttons else {}
        chat = {"id": self.chat, "type": "private", "first_name": "x"}
        return {"message_id": self.number, "date": int(time.time()), "chat": chat, **words, **markup}


class Refusal(Exception):
    """`{"ok": false, …}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class BotApi:
    """The methods of one bot, on the state that FakeTelegram keeps."""

    def __init__(self, fake: FakeTelegram) -> None:
        self.fake = fake
        self.webhook: dict[str, Any] = {}
        self.allowed: list[str] = []
        self.last_error = ""
        self._polls = 0
        self._pusher: threading.Thread | None = None
        self._methods = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "sendchataction": self._send_action,
            "answercallbackquery": self._answer_press,
            "editmessagereplymarkup": self._edit_markup,
            "setmycommands": self._set_commands,
            "getfile": self._get_file,
        }

    def call(self, token: str, name: str, given: dict[str, Any]) -> Any:
        """Carry out one call. Raises Refusal."""
        if not _TOKEN.fullmatch(token):
            raise Refusal(404, "Not Found")
        if token != self.fake.token:
            raise Refusal(401, "Unauthorized")
        method = self._methods.get(name.lower())
        if method is None:
            raise Refusal(404, "Not Found")
        failure = self._scripted(name)
        with self.fake.changed:
            self.fake.calls.append((name, given))
            self.fake.changed.notify_all()
        if failure is None:
            return method(given)
        if failure.status:
            raise Refusal(failure.status, failure.description or f"scripted {failure.status}", **failure.parameters)
        result = method(given) if failure.after_doing else None
        time.sleep(failure.silence)
        if result is None:
            raise Refusal(504, "Gateway Timeout")
        return result

    def _scripted(self, name: str) -> Any:
        with self.fake.changed:
            found = next((f for f in self.fake.failures if f.method.lower() == name.lower()), None)
            if found is not None:
                self.fake.failures.remove(found)
            return found

    # --- updates ---

    def _get_me(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"id": 999, "is_bot": True, "first_name": "Lắng Nghe", "username": "lang_nghe_bot"}

    def _get_updates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Long poll: an offset confirms all earlier updates; a second poller ends the first one."""
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self._allow(given)
        fake, offset = self.fake, int(given.get("offset", 0))
        until = time.monotonic() + min(float(given.get("timeout", 0)), 50)
        with fake.changed:
            self._polls += 1
            mine = self._polls
            fake.changed.notify_all()
            fake.pending[:] = [u for u in fake.pending if u["update_id"] >= offset and self._wanted(u)]
            while not fake.pending and time.monotonic() < until and not fake.closed and self._polls == mine:
                fake.changed.wait(max(until - time.monotonic(), 0))
                fake.pending[:] = [u for u in fake.pending if self._wanted(u)]
            if self._polls != mine:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
            return fake.pending[: int(given.get("limit", 100))]

    def _allow(self, given: dict[str, Any]) -> None:
        if "allowed_updates" in given:
            self.allowed = _object(given["allowed_updates"])

    def _wanted(self, update: dict[str, Any]) -> bool:
        return not self.allowed or any(kind in update for kind in self.allowed)

    def _set_webhook(self, given: dict[str, Any]) -> bool:
        if not given.get("url", "").startswith(("http://", "https://")):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not _SECRET.fullmatch(given.get("secret_token", "x")):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self._allow(given)
        with self.fake.changed:
            self.webhook = {"url": given["url"], "secret": given.get("secret_token", "")}
            self.fake.changed.notify_all()
        if self._pusher is None:
            self._pusher = threading.Thread(target=self._push, daemon=True)
            self._pusher.start()
        return True

    def _delete_webhook(self, given: dict[str, Any]) -> bool:
        with self.fake.changed:
            self.webhook = {}
            if given.get("drop_pending_updates") == "true":
                self.fake.pending.clear()
            self.fake.changed.notify_all()
        return True

    def _webhook_info(self, given: dict[str, Any]) -> dict[str, Any]:
        info = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
        error = {"last_error_date": int(time.time()), "last_error_message": self.last_error} if self.last_error else {}
        return {**info, "pending_update_count": len(self.fake.pending), **error}

    def _push(self) -> None:
        """Bring updates to the webhook in order; one that is not answered with 2xx comes again, later and later."""
        fake, gap = self.fake, 0.05
        while not fake.closed:
            with fake.changed:
                fake.changed.wait_for(lambda: fake.closed or (self.webhook and fake.pending), 1)
                fake.pending[:] = [u for u in fake.pending if self._wanted(u)]
                update, hook = (fake.pending or [None])[0], dict(self.webhook)
            if fake.closed or update is None or not hook:
                continue
            if self._brought(update, hook):
                with fake.changed:
                    fake.pending.remove(update)
                    fake.changed.notify_all()
                gap = 0.05
            else:
                time.sleep(gap)
                gap = min(gap * 2, 1.0)

    def _brought(self, update: dict[str, Any], hook: dict[str, Any]) -> bool:
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": hook["secret"]}
        request = urllib.request.Request(hook["url"], json.dumps(update).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return 200 <= answer.status < 300
        except urllib.error.HTTPError as error:
            said = f"Wrong response from the webhook: {error.code}"
        except OSError as error:
            said = str(error)
        with self.fake.changed:
            self.last_error = said
            self.fake.changed.notify_all()
        return False

    # --- messages ---

    def _chat(self, given: dict[str, Any]) -> int:
        number = int(given.get("chat_id", 0))
        person = self.fake.people.get(number)
        if person is None:
            raise Refusal(400, "Bad Request: chat not found")
        if not person.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        if person.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return number

    def _send_message(self, given: dict[str, Any]) -> dict[str, Any]:
        chat, text = self._chat(given), given.get("text", "")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if _units(text) > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        return self._keep(Sent(0, chat, text, markup=_markup(given)))

    def _send_photo(self, given: dict[str, Any]) -> dict[str, Any]:
        chat, photo, caption = self._chat(given), given.get("photo"), given.get("caption", "")
        if not isinstance(photo, bytes):
            raise Refusal(400, "Bad Request: there is no photo in the request")
        if len(photo) > _PHOTO_LIMIT:
            raise Refusal(400, "Bad Request: file of size bigger than 10485760 bytes is not allowed")
        if not photo.startswith(_PICTURES):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if _units(caption) > 1024:
            raise Refusal(400, "Bad Request: message caption is too long")
        return self._keep(Sent(0, chat, caption, photo, _markup(given)))

    def _keep(self, sent: Sent) -> dict[str, Any]:
        with self.fake.changed:
            sent.number = next(self.fake.message_numbers)
            self.fake.messages.append(sent)
            self.fake.changed.notify_all()
        return sent.shown()

    def _send_action(self, given: dict[str, Any]) -> bool:
        chat = self._chat(given)
        if given.get("action") not in _ACTIONS:
            raise Refusal(400, "Bad Request: wrong parameter action in request")
        with self.fake.changed:
            self.fake.actions.append((chat, given["action"]))
            self.fake.changed.notify_all()
        return True

    def _answer_press(self, given: dict[str, Any]) -> bool:
        number, text = given.get("callback_query_id", ""), given.get("text", "")
        if number not in self.fake.open_presses:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if _units(text) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        with self.fake.changed:
            self.fake.open_presses.discard(number)
            self.fake.answered.append((number, text))
            self.fake.changed.notify_all()
        return True

    def _edit_markup(self, given: dict[str, Any]) -> dict[str, Any]:
        chat, number = self._chat(given), int(given.get("message_id", 0))
        sent = next((s for s in self.fake.messages if s.number == number and s.chat == chat), None)
        if sent is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        markup = _markup(given)
        if markup == sent.markup:
            raise Refusal(400, "Bad Request: message is not modified: specified new message content is the same")
        with self.fake.changed:
            sent.markup = markup
            self.fake.changed.notify_all()
        return sent.shown()

    def _set_commands(self, given: dict[str, Any]) -> bool:
        commands = _object(given.get("commands", "[]"))
        if len(commands) > 100 or not all(_COMMAND.fullmatch(c["command"]) for c in commands):
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not all(1 <= len(c["description"]) <= 256 for c in commands):
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        with self.fake.changed:
            self.fake.commands = commands
            self.fake.changed.notify_all()
        return True

    # --- files ---

    def _get_file(self, given: dict[str, Any]) -> dict[str, Any]:
        file_id = given.get("file_id", "")
        file = self.fake.files.get(file_id)
        if file is None:
            raise Refusal(400, "Bad Request: invalid file_id")
        if file.size > _DOWNLOAD_LIMIT:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": file.size, "file_path": file.path}

    def download(self, token: str, path: str) -> bytes:
        """The bytes behind a file's path. Raises Refusal."""
        file = next((f for f in self.fake.files.values() if f.path == path), None)
        if token != self.fake.token or file is None:
            raise Refusal(404, "Not Found")
        failure = self._scripted("download")
        if failure is not None:
            raise Refusal(failure.status, failure.description)
        return file.content


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _object(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _markup(given: dict[str, Any]) -> dict[str, Any]:
    """A checked `reply_markup`."""
    markup = _object(given.get("reply_markup", "{}")) or {}
    rows = markup.get("inline_keyboard", [])
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not button.get("text"):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text is empty")
        if "url" not in button and not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if any(not button.get("text") for row in markup.get("keyboard", []) for button in row):
        raise Refusal(400, "Bad Request: can't parse keyboard button: text is empty")
    return markup
