"""A browser without a screen for the console: reads pages, fills in the forms that stand on them, sends them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any

import httpx
from fastapi.testclient import TestClient
from PIL import Image


@dataclass
class PageForm:
    """A form as it stands on a page: where it goes and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: bool = False


class Page(HTMLParser):
    """A page as a person meets it: its words, forms, links and pictures."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status, self.html, self.address = answer.status_code, answer.text, answer.url.path
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.scripts = 0
        self._words: list[str] = []
        self._select = self._area = ""
        self.feed(answer.text)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append(PageForm(given["action"], files="multipart" in given.get("enctype", "")))
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "img":
            self.images.append(given["src"])
        elif tag == "script":
            self.scripts += 1
        elif self.forms and given.get("name", tag) != tag:
            self._field(tag, given)
        if tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given["value"]

    def _field(self, tag: str, given: dict[str, str]) -> None:
        if tag == "input" and given.get("type") not in ("file", "checkbox"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "textarea":
            self._area = given["name"]
            self.forms[-1].fields[given["name"]] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._area:
            self.forms[-1].fields[self._area] += data

    def offers(self, action: str, **values: str) -> bool:
        """Whether a form goes to an address that ends so, with these values in it."""
        return bool(self._find(action, values))

    def form(self, action: str, **values: str) -> PageForm:
        found = self._find(action, values)
        assert found, f"no form to {action} with {values} on {self.address}: {self.text[:400]}"
        return found[0]

    def _find(self, action: str, values: dict[str, str]) -> list[PageForm]:
        return [f for f in self.forms if f.action.endswith(action) and values.items() <= f.fields.items()]


class Browser:
    """One person at the console."""

    def __init__(self, app: Any) -> None:
        self.client = TestClient(app, base_url="http://city.test")
        self.page = Page(self.client.get("/staff/sign-in"))

    def open(self, address: str) -> Page:
        self.page = Page(self.client.get(address))
        return self.page

    def send(self, form: PageForm, photos: tuple[bytes, ...] = (), **typed: str) -> Page:
        """Send a form of a page with what was typed; fields that nobody touched keep their values."""
        files = [("photos", (f"{n}.png", content, "image/png")) for n, content in enumerate(photos)]
        body = {**form.fields, **typed}
        self.page = Page(self.client.post(form.action, data=body, files=files or None))
        return self.page

    def does(self, code: str, action: str, *photos: bytes, target: str | None = None, **typed: str) -> Page:
        """Open a case and send one of its forms."""
        wanted = {"target": target} if target else {}
        return self.send(self.open(f"/staff/cases/{code}").form(action, **wanted), photos, **typed)

    def signs_in(self, username: str, password: str) -> Page:
        form = self.open("/staff/sign-in").form("/sign-in")
        return self.send(form, username=username, password=password)


@cache
def picture() -> bytes:
    """A small PNG."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "seagreen").save(out, "PNG")
    return out.getvalue()
