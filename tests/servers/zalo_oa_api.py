"""Zalo's calls as strict as the real ones: tokens, windows, limits, templates; errors come with HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.zalo_oa import FakeZaloOA, Person

WINDOW = 7 * 86400.0
LIFE = 90000
_UPLOAD_LIMIT = 1_048_576
_UPLOAD_LIFE = 7 * 86400.0
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG")
_QUERY = ("oa.query.show", "oa.query.hide")
_NO_TOKEN = {"cdn", "token"}
_PHONE = re.compile(r"84\d{9,10}")


@dataclass
class Sent:
    """One message of the OA's. `kind`: text, picture, form, template (`template` is its id, `values` its data)."""

    number: str
    to: str
    kind: str
    text: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)
    photo: bytes | None = None
    template: str = ""
    values: dict[str, str] = field(default_factory=dict)
    by_phone: bool = False

    @property
    def labels(self) -> list[str]:
        return [button["title"] for button in self.buttons]


@dataclass
class TemplateRules:
    """An approved template: its parameters with their longest values."""

    name: str
    limits: dict[str, int]
    by_user_id: bool = True
    status: str = "ENABLE"


@dataclass
class Failure:
    """One scripted failure: a code, or silence for some seconds (0 = answer at once)."""

    method: str
    code: int = 0
    silence: float = 0.0
    after_doing: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """`{"error": …}` with HTTP 200."""

    def __init__(self, code: int, message: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class BadStatus(Exception):
    """Another HTTP status than 200."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status, self.headers = status, headers or {}


@dataclass
class Call:
    """One request: headers with lower-case names; `body` is JSON, a form or the parts of a multipart."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]


class OaApi:
    """The calls of one OA and its app, on the state that FakeZaloOA keeps."""

    def __init__(self, fake: FakeZaloOA, app_id: str, secret: str, refresh: str) -> None:
        self.fake = fake
        self.app_id, self.secret = app_id, secret
        self.refresh_tokens = {refresh}
        self.access_token, self.ends = "", 0.0
        self.exchanges: list[str] = []
        self.expires_in: str = str(LIFE)
        self.demands_proof = True
        self.profile: dict[str, Any] = {
            "oa_id": "3850000000000000001", "name": "Lắng Nghe Hà Nội", "avatar": "https://s.example/a.jpg"
        }  # fmt: skip
        self.uploads: dict[str, tuple[bytes, float]] = {}
        self._paths: dict[tuple[str, str], tuple[str, Callable[[Call], dict[str, Any]]]] = {
            ("POST", "/v3.0/oa/message/cs"): ("cs", self._cs),
            ("POST", "/v3.0/oa/message/template"): ("template", self._by_user_id),
            ("POST", "/message/template"): ("phone", self._by_phone),
            ("POST", "/v2.0/oa/upload/image"): ("upload", self._upload),
            ("GET", "/v2.0/oa/getoa"): ("getoa", lambda call: self.profile),
            ("GET", "/template/info/v2"): ("template_info", self._template_info),
            ("POST", "/v4/oa/access_token"): ("token", self._token),
            ("POST", "/v2.0/oa/message"): ("v2", self._shut),
            ("POST", "/v3.0/oa/message/transaction"): ("transaction", self._shut),
            ("POST", "/v3.0/oa/message/promotion"): ("promotion", self._shut),
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """Carry out one call. Raises BadStatus."""
        name, method = self._paths.get((call.method, call.path), ("", None))
        if method is None:
            raise BadStatus(404)
        self._note(name, call)
        try:
            data = self._scripted(name, lambda: self._done(name, method, call))
        except Refusal as refusal:
            return {"error": refusal.code, "message": str(refusal)}
        return data if name == "token" else {"error": 0, "message": "Success", "data": data}

    def download(self, call: Call) -> bytes:
        """A file of the CDN. Raises BadStatus."""
        self._note("cdn", call)
        if call.path in self.fake.redirects:
            raise BadStatus(302, {"Location": self.fake.redirects[call.path]})
        if call.path not in self.fake.files:
            raise BadStatus(404)
        self._scripted("cdn", dict)
        return self.fake.files[call.path]

    def _note(self, name: str, call: Call) -> None:
        with self.fake.changed:
            self.fake.calls.append((name, {"headers": call.headers, "body": call.body, "query": call.query}))
            self.fake.changed.notify_all()
        if self.fake.down:
            raise BadStatus(503)

    def _done(self, name: str, method: Callable[[Call], dict[str, Any]], call: Call) -> dict[str, Any]:
        if name not in _NO_TOKEN:
            self._authorise(call.headers)
        return method(call)

    def _scripted(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with self.fake.changed:
            failure = next((f for f in self.fake.failures if f.method == name), None)
            if failure is not None:
                self.fake.failures.remove(failure)
        if failure is None:
            return work()
        if failure.code < 0:
            raise Refusal(failure.code, "scripted")
        if failure.code:
            raise BadStatus(failure.code, failure.headers)
        done = work() if failure.after_doing else None
        time.sleep(failure.silence)
        if done is None:
            raise BadStatus(504)
        return done

    # --- tokens ---

    def _authorise(self, headers: dict[str, str]) -> None:
        token, proof = headers.get("access_token", ""), headers.get("appsecret_proof", "")
        if not token or token != self.access_token:
            raise Refusal(-216, "Access token is invalid")
        if self.fake.now() >= self.ends:
            raise Refusal(-220, "Access token has expired")
        right = hmac.new(self.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if (proof or self.demands_proof) and proof != right:
            raise Refusal(-242, "Appsecret_proof is invalid")

    def _token(self, call: Call) -> dict[str, Any]:
        """A refresh token is good for one use; a new access token ends the old one."""
        form = call.body
        right = call.headers.get("secret_key") == self.secret and form.get("app_id") == self.app_id
        with self.fake.changed:
            self.exchanges.append(form.get("refresh_token", ""))
            if not right or form.get("grant_type") != "refresh_token":
                raise Refusal(-14002, "Invalid app")
            if form.get("refresh_token") not in self.refresh_tokens:
                raise Refusal(-14014, "Invalid refresh token")
            self.refresh_tokens.remove(form["refresh_token"])
            number = len(self.exchanges)
            self.access_token, new = f"access-{number}-of-the-tests", f"refresh-{number}-of-the-tests"
            self.refresh_tokens.add(new)
            self.ends = self.fake.now() + float(self.expires_in)
        return {"access_token": self.access_token, "refresh_token": new, "expires_in": self.expires_in}

    # --- consultation messages ---

    def _cs(self, call: Call) -> dict[str, Any]:
        _only(call.body, {"recipient", "message"})
        person = self._person(call.body["recipient"].get("user_id"))
        sent = self._checked(person, call.body["message"])
        if person.last is None:
            raise Refusal(-232, "User has not interacted with the OA")
        if self.fake.now() - person.last > WINDOW:
            raise Refusal(-230, "User has not interacted with the OA in the past 7 days")
        return {**self._keep(sent), "user_id": person.id, "quota": {"quota_type": "reply", "remain": "7", "total": "8"}}

    def _person(self, number: Any) -> Person:
        person = self.fake.people.get(number) if isinstance(number, str) else None
        if person is None:
            raise Refusal(-201, "user_id is invalid")
        if person.refusal:
            raise Refusal(person.refusal)
        return person

    def _checked(self, person: Person, message: dict[str, Any]) -> Sent:
        _only(message, {"text", "attachment", "quote_message_id"})
        text, attachment = message.get("text", ""), message.get("attachment")
        if len(text.encode("utf-16-le")) // 2 > 2000:
            raise Refusal(-210, "Text exceeds 2000 characters")
        if unicodedata.normalize("NFC", text) != text:
            raise Refusal(-201, "text is not composed")
        if attachment is None:
            _need(bool(text.strip()), "message is empty")
            return Sent("", person.id, "text", text)
        _only(attachment, {"type", "payload"})
        _need(attachment.get("type") == "template", "attachment type")
        payload = attachment["payload"]
        kind = payload.get("template_type")
        readers = {None: self._with_buttons, "media": self._with_picture, "request_user_info": self._with_form}
        if kind not in readers:
            raise Refusal(-233, "template_type is not supported")
        return readers[kind](person, text, payload)

    def _with_buttons(self, person: Person, text: str, payload: dict[str, Any]) -> Sent:
        _only(payload, {"buttons"})
        buttons = payload["buttons"]
        _need(bool(text.strip()) and bool(buttons), "text and buttons are required")
        _need(len(buttons) <= 5, "too many buttons", -210)
        for button in buttons:
            _only(button, {"title", "type", "payload", "image_icon"})
            _need(1 <= len(button["title"]) <= 100, "button title", -210)
            if button["type"] in _QUERY:
                _need(isinstance(button["payload"], str) and 1 <= len(button["payload"]) <= 1000, "payload", -210)
            else:
                _need(button["type"] == "oa.open.url" and "url" in button["payload"], "button type")
        return Sent("", person.id, "text", text, buttons)

    def _with_picture(self, person: Person, text: str, payload: dict[str, Any]) -> Sent:
        _only(payload, {"template_type", "elements"})
        _need(len(payload["elements"]) == 1, "exactly one element")
        element = payload["elements"][0]
        _need(element.get("media_type") == "image", "media_type")
        if "url" in element:
            _need(element["url"].startswith("https://"), "url")
            return Sent("", person.id, "picture", text, photo=element["url"].encode())
        content, at = self.uploads.get(element.get("attachment_id", ""), (b"", 0.0))
        if not content or self.fake.now() - at > _UPLOAD_LIFE:
            raise Refusal(-100, "Attachment is expired or not found")
        return Sent("", person.id, "picture", text, photo=content)

    def _with_form(self, person: Person, text: str, payload: dict[str, Any]) -> Sent:
        _only(payload, {"template_type", "elements"})
        _need(not text and len(payload["elements"]) == 1, "exactly one element and no text")
        element = payload["elements"][0]
        _only(element, {"title", "subtitle", "image_url"})
        _need(1 <= len(element["title"]) <= 100 and 1 <= len(element["subtitle"]) <= 500, "title, subtitle", -210)
        _need(element["image_url"].startswith("https://"), "image_url")
        return Sent("", person.id, "form", element["subtitle"])

    def _upload(self, call: Call) -> dict[str, Any]:
        content = call.body.get("file")
        _need(isinstance(content, bytes) and content.startswith(_PICTURES), "file is no jpg or png")
        _need(len(content or b"") <= _UPLOAD_LIMIT, "file is larger than 1 MB", -210)
        number = f"attachment-{len(self.uploads) + 1}"
        self.uploads[number] = (content or b"", self.fake.now())
        return {"attachment_id": number}

    # --- templates ---

    def _by_user_id(self, call: Call) -> dict[str, Any]:
        _only(call.body, {"user_id", "template_id", "template_data"})
        person = self._person(call.body.get("user_id"))
        if person.last is None:
            raise Refusal(-232, "User has never interacted with the OA")
        sent = self._filled(person, call.body, -201)
        if not self.fake.templates[sent.template].by_user_id:
            raise Refusal(-249, "Template cannot be sent by user id")
        return {**self._keep(sent), "user_id": person.id, "sent_time": str(int(self.fake.now() * 1000))}

    def _by_phone(self, call: Call) -> dict[str, Any]:
        _only(call.body, {"phone", "template_id", "template_data", "tracking_id", "mode", "sending_mode"})
        phone, tracking = call.body.get("phone"), call.body.get("tracking_id")
        _need(isinstance(phone, str) and bool(_PHONE.fullmatch(phone)), "phone is invalid", -108)
        _need(isinstance(tracking, str) and 1 <= len(tracking) <= 48, "tracking_id", -132)
        person = next((p for p in self.fake.people.values() if p.phone == phone), None)
        if person is None:
            raise Refusal(-118, "Zalo account not existed")
        sent = self._filled(person, call.body, -109)
        sent.by_phone = True
        return {"msg_id": self._keep(sent)["message_id"], "sent_time": str(int(self.fake.now() * 1000))}

    def _filled(self, person: Person, body: dict[str, Any], unknown: int) -> Sent:
        rules = self.fake.templates.get(body.get("template_id", ""))
        if rules is None:
            raise Refusal(unknown, "template is invalid")
        if rules.status != "ENABLE":
            raise Refusal(-131, "template is not approved")
        values = body.get("template_data") or {}
        for name, most in rules.limits.items():
            _need(isinstance(values.get(name), str) and bool(values[name]), f"{name} is missing", -1122)
            _need(len(values[name]) <= most and "\n" not in values[name], f"{name} is too long", -1121)
        _need(values.keys() == rules.limits.keys(), "unknown parameter", -112)
        return Sent("", person.id, "template", template=body["template_id"], values=dict(values))

    def _template_info(self, call: Call) -> dict[str, Any]:
        rules = self.fake.templates.get(call.query.get("template_id", ""))
        if rules is None:
            raise Refusal(-109, "template is invalid")
        return {"template_id": call.query["template_id"], "template_name": rules.name, "status": rules.status}

    def _shut(self, call: Call) -> dict[str, Any]:
        raise Refusal(-240, "This API has been shut down")

    def _keep(self, sent: Sent) -> dict[str, Any]:
        with self.fake.changed:
            sent.number = f"oa-{next(self.fake.numbers)}"
            self.fake.messages.append(sent)
            self.fake.changed.notify_all()
        if self.fake.echoes and sent.kind == "text":
            self.fake.echo(self.fake.people[sent.to], sent)
        return {"message_id": sent.number}


def _need(condition: bool, what: str, code: int = -201) -> None:
    if not condition:
        raise Refusal(code, what)


def _only(given: dict[str, Any], known: set[str]) -> None:
    _need(isinstance(given, dict) and given.keys() <= known, f"unknown field beside {sorted(known)}")
