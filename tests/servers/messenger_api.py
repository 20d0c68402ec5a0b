"""The Graph API itself, as strict as the real one: methods, windows, limits, templates, refusals."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.servers.rest import Answer, Request

if TYPE_CHECKING:
    from tests.servers.messenger import FakeMessenger, Person

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_PLACEHOLDER = re.compile(r"\{\{(\d+)\}\}")
_ACTIONS = ("typing_on", "typing_off", "mark_seen")


@dataclass
class Sent:
    """One message of the Page's. `text` of a template is as the person reads it."""

    mid: str
    to: str
    text: str
    kind: str
    metadata: str = ""
    quick_replies: list[dict[str, Any]] = field(default_factory=list)
    template_buttons: list[dict[str, Any]] = field(default_factory=list)
    photo: bytes | None = None
    template: str = ""

    @property
    def titles(self) -> list[str]:
        """Labels of the quick replies that choose something."""
        return [chip["title"] for chip in self.quick_replies if chip["content_type"] == "text"]


class Refusal(Exception):
    """An error of the Graph API."""

    def __init__(self, code: int, subcode: int | None = None, said: str = "", status: int = 400) -> None:
        super().__init__(said)
        self.answer = refusal(status, code, subcode, said)


def refusal(status: int, code: int, subcode: int | None, said: str) -> Answer:
    error = {"message": f"(#{code}) {said}", "type": "OAuthException", "code": code, "fbtrace_id": "Atrace"}
    return Answer(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


class GraphApi:
    """The calls of one Page, on the state that FakeMessenger keeps."""

    def __init__(self, fake: FakeMessenger, page: str, secret: str, token: str) -> None:
        self.fake, self.page, self.token = fake, page, token
        self.proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        self._methods = {
            ("POST", "messages"): self._messages,
            ("POST", "messenger_profile"): self._profile,
            ("POST", "subscribed_apps"): self._subscribe,
            ("GET", "subscribed_apps"): self._subscribed,
            ("POST", "message_templates"): self._create_template,
            ("GET", "message_templates"): self._list_templates,
            ("GET", "me"): lambda query, given: {"id": self.page, "name": "Lắng Nghe"},
            ("GET", "debug_token"): self._inspect,
        }

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/media/"):
            return self.fake.script.run("media", lambda: self._file(request))
        path = re.fullmatch(rf"/v\d+\.0/(?:(?:me|{self.page})/)?(\w+)", request.path)
        name = path[1] if path else ""
        with self.fake.changed:
            self.fake.calls.append((name, {**request.query, **request.given}))
            self.fake.changed.notify_all()
        return self.fake.script.run(name, lambda: self._carried_out(name, request))

    def _carried_out(self, name: str, request: Request) -> Answer:
        try:
            self._authorised(request.query)
            method = self._methods.get((request.method, name))
            if method is None:
                raise Refusal(2500, None, "Unknown path components", 400)
            with self.fake.changed:
                result = method(request.query, request.given)
                self.fake.changed.notify_all()
            return Answer(200, result)
        except Refusal as refused:
            return refused.answer

    def _authorised(self, query: dict[str, str]) -> None:
        if query.get("access_token") != self.token:
            raise Refusal(190, 463, "Error validating access token", 401)
        if query.get("appsecret_proof") != self.proof:
            raise Refusal(100, None, "Invalid appsecret_proof provided in the API argument")

    def _file(self, request: Request) -> Answer:
        if "access_token" in request.query or "authorization" in request.headers:
            return Answer(400, b"a token was sent to the CDN")
        content = self.fake.files.get(request.path)
        return Answer(404, b"gone") if content is None or "sig" not in request.query else Answer(200, content)

    # --- sending ---

    def _messages(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        person = self._person(_object(given.get("recipient")))
        if "sender_action" in given:
            if given["sender_action"] not in _ACTIONS or "message" in given:
                raise Refusal(100, None, "Invalid sender_action")
            self.fake.actions.append((person.id, given["sender_action"]))
            return {"recipient_id": person.id}
        message = _object(given.get("message"))
        if not isinstance(message, dict):
            raise Refusal(100, None, "The parameter message is required")
        self._allowed(person, given, message)
        sent = self._read(person, str(given.get("messaging_type")), message, given.get("filedata"))
        self.fake.messages.append(sent)
        if self.fake.echoes:
            self._echo(person, sent)
        return {"recipient_id": person.id, "message_id": sent.mid}

    def _person(self, recipient: Any) -> Person:
        person = self.fake.people.get(recipient.get("id", "") if isinstance(recipient, dict) else "")
        if person is None:
            raise Refusal(100, 2018001, "No matching user found")
        if person.blocked:
            raise Refusal(551, 1545041, "This person isn't available right now.")
        return person

    def _allowed(self, person: Person, given: dict[str, Any], message: dict[str, Any]) -> None:
        """The windows."""
        kind = given.get("messaging_type")
        since = self.fake.clock() - person.last if person.last else timedelta.max
        if kind in ("RESPONSE", "UPDATE"):
            if since > timedelta(hours=24):
                raise Refusal(10, 2018278, "This message is sent outside of allowed window.")
        elif kind == "MESSAGE_TAG":
            self._tagged(given.get("tag"), since)
        elif kind == "UTILITY":
            if "template" not in message:
                raise Refusal(100, None, "Invalid template type")
            if not self.fake.utility_permission:
                raise Refusal(10, None, "Application does not have permission for this action")
        else:
            raise Refusal(100, None, "(#100) The parameter messaging_type is required")

    def _tagged(self, tag: Any, since: timedelta) -> None:
        if tag != "HUMAN_AGENT":
            raise Refusal(100, None, "Invalid message tag")
        if not self.fake.human_agent:
            raise Refusal(10, None, "Application does not have the capability for Human Agent")
        if since > timedelta(days=7):
            raise Refusal(10, 2018278, "This message is sent outside of allowed window.")

    def _read(self, person: Person, kind: str, message: dict[str, Any], file: Any) -> Sent:
        if len(message.get("metadata", "")) >= 1000:
            raise Refusal(100, None, "Metadata is too long")
        said = [name for name in ("text", "attachment", "template") if name in message]
        if len(said) != 1:
            raise Refusal(100, 2018034, "Message must have exactly one of text, attachment, template")
        sent = Sent(self.fake.mid(), person.id, "", kind, message.get("metadata", ""))
        if "text" in message:
            sent.text = _text(message["text"], 1999)
        elif "attachment" in message:
            self._attachment(sent, message["attachment"], file)
        else:
            self._utility(sent, message["template"])
        sent.quick_replies = _quick_replies(message.get("quick_replies"))
        return sent

    def _attachment(self, sent: Sent, attachment: dict[str, Any], file: Any) -> None:
        payload = attachment.get("payload") or {}
        if attachment.get("type") == "image":
            if not isinstance(file, bytes) and "url" not in payload:
                raise Refusal(100, 2018008, "Url or filedata required")
            if isinstance(file, bytes) and not file.startswith(_PICTURES):
                raise Refusal(100, 2018047, "Upload attachment failure.")
            sent.photo = file if isinstance(file, bytes) else payload["url"].encode()
        elif attachment.get("type") == "template" and payload.get("template_type") == "button":
            sent.text = _text(payload.get("text"), 640)
            sent.template_buttons = _buttons(payload.get("buttons"))
        else:
            raise Refusal(100, None, "Invalid template type")

    def _utility(self, sent: Sent, template: dict[str, Any]) -> None:
        name, language = template.get("name", ""), (template.get("language") or {}).get("code", "")
        known = self.fake.templates.get((name, language))
        if known is None or known["status"] != "APPROVED":
            raise Refusal(100, 2018357, "Template does not exist or is not approved")
        given = {part["type"]: part["parameters"] for part in template.get("components", [])}
        body = next(part for part in known["components"] if part["type"] == "BODY")
        buttons = next((part["buttons"] for part in known["components"] if part["type"] == "BUTTONS"), [])
        values, pressed = given.get("body", []), given.get("buttons", [])
        if len(values) != len(set(_PLACEHOLDER.findall(body["text"]))) or len(pressed) != len(buttons):
            raise Refusal(100, 1893029, "Number of parameters does not match")
        if any(value.get("type") != "text" or not value.get("text") for value in values):
            raise Refusal(100, 1893029, "Invalid parameter")
        if any(set(press) != {"type", "payload"} or press["type"] != "POSTBACK" for press in pressed):
            raise Refusal(100, 1893029, "Invalid button parameter")
        sent.template = name
        sent.text = _PLACEHOLDER.sub(lambda found: values[int(found[1]) - 1]["text"], body["text"])
        sent.template_buttons = [
            {"title": button["text"], "payload": button["payload"].replace("{{1}}", press["payload"])}
            for button, press in zip(buttons, pressed)
        ]

    def _echo(self, person: Person, sent: Sent) -> None:
        item = {
            "sender": {"id": self.page},
            "recipient": {"id": person.id},
            "timestamp": self.fake.milliseconds(),
            "message": {
                "mid": sent.mid,
                "is_echo": True,
                "app_id": 5100000000000001,
                "metadata": sent.metadata,
                "text": sent.text,
            },
        }
        self.fake.call(item)

    # --- around the conversation ---

    def _profile(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        if any(len(greeting["text"]) > 160 for greeting in given.get("greeting", [])):
            raise Refusal(100, None, "Greeting is too long")
        if "persistent_menu" in given and "get_started" not in {**self.fake.profile, **given}:
            raise Refusal(100, 2018145, "You must set a Get Started button")
        for menu in given.get("persistent_menu", []):
            if any(len(entry["title"]) > 30 or len(entry["payload"]) > 1000 for entry in menu["call_to_actions"]):
                raise Refusal(100, None, "Menu entry too long")
        self.fake.profile |= given
        return {"result": "success"}

    def _subscribe(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        fields = [name for name in {**query, **given}.get("subscribed_fields", "").split(",") if name]
        if not fields:
            raise Refusal(100, None, "The parameter subscribed_fields is required")
        self.fake.subscribed = fields
        return {"success": True}

    def _subscribed(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        app = {"id": self.fake.token_facts["app_id"], "name": "Lắng Nghe", "subscribed_fields": self.fake.subscribed}
        return {"data": [app] if self.fake.subscribed else []}

    def _inspect(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        if query.get("input_token") != self.token:
            raise Refusal(100, None, "The parameter input_token is required")
        return {"data": self.fake.token_facts}

    # --- templates ---

    def _list_templates(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        wanted = query.get("name", "")
        # Meta matches parts of names as well.
        return {"data": [template for template in self.fake.templates.values() if wanted in template["name"]]}

    def _create_template(self, query: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
        if not self.fake.utility_permission:
            raise Refusal(10, None, "Application does not have permission for this action")
        key = (given.get("name", ""), given.get("language", ""))
        if not _NAME.fullmatch(key[0]) or given.get("category") != "UTILITY" or key in self.fake.templates:
            raise Refusal(100, 2388023, "Invalid template")
        for part in given["components"]:
            _check_component(part)
        number, status = str(1042 + len(self.fake.templates)), self.fake.new_templates_are
        self.fake.templates[key] = {**given, "id": number, "status": status}
        return {"id": number, "status": status, "category": "UTILITY"}


def _check_component(part: dict[str, Any]) -> None:
    if part["type"] == "BUTTONS":
        if not 1 <= len(part["buttons"]) <= 3:
            raise Refusal(100, 2018416, "Too many buttons")
        for button in part["buttons"]:
            if button["type"] != "POSTBACK" or len(button["text"]) > 20 or "example" in button:
                raise Refusal(100, 2388051, "Invalid button")
        return
    text, numbers = part["text"], [int(n) for n in _PLACEHOLDER.findall(part["text"])]
    if len(text) > 1024 or text.startswith("{{") or text.endswith("}}"):
        raise Refusal(100, 2388299, "Body may not begin or end with a placeholder")
    if list(dict.fromkeys(numbers)) != list(range(1, len(set(numbers)) + 1)):
        raise Refusal(100, 2388299, "Placeholders must be numbered without gaps")
    if numbers and len(part.get("example", {}).get("body_text", [[]])[0]) != len(set(numbers)):
        raise Refusal(100, 2388043, "TEMPLATE_VARIABLES_MISSING_SAMPLE_VALUES")


def _object(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _text(text: Any, limit: int) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Refusal(100, None, "Text is empty")
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise Refusal(100, None, f"Length of param message[text] must be less than or equal to {limit}")
    return text


def _quick_replies(chips: Any) -> list[dict[str, Any]]:
    if chips is None:
        return []
    if not 1 <= len(chips) <= 13:
        raise Refusal(100, None, "Too many quick replies")
    for chip in chips:
        if chip.get("content_type") == "user_phone_number":
            continue
        if chip.get("content_type") != "text" or not 1 <= len(chip.get("title", "")) <= 20:
            raise Refusal(100, None, "Invalid quick reply")
        if not 1 <= len(chip.get("payload", "")) <= 1000:
            raise Refusal(100, None, "Invalid quick reply payload")
    return chips


def _buttons(buttons: Any) -> list[dict[str, Any]]:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refusal(100, None, "Invalid number of buttons")
    for button in buttons:
        target = "url" if button.get("type") == "web_url" else "payload"
        if button.get("type") not in ("web_url", "postback") or not button.get(target):
            raise Refusal(100, None, "Invalid button")
        if not 1 <= len(button.get("title", "")) <= 20:
            raise Refusal(100, None, "Invalid button title")
    return [{"payload": "", **button} for button in buttons]
