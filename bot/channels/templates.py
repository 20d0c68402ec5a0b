"""Approved templates: their texts (data/texts/templates.yml), their ids at a platform, their parameters cut to size.

Zalo and Messenger take a notice outside their windows only as a template that they approved before. Shared by the
channels; no channel itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml

from bot.domain.message import Template, clean_text
from bot.errors import BrokenRequest, SettingsError

FILE: Final = Path("texts") / "templates.yml"
"""Where the texts lie in a city's folder."""

LIMITS: Final = {"code": 30, "status": 30, "date": 20, "name": 30, "phone": 15, "url": 200, "address": 200}
"""The most characters (NFC) of a parameter, by kind (Zalo, ZBS template rules; Messenger allows more)."""

_WORDS = ("status", "name", "address")
"""Kinds that may end in an ellipsis; in a code or an address of a page it would be a wrong character."""
_EMPTY = "-"


@dataclass(frozen=True)
class TemplateText:
    """One template as it is put before a platform for approval.

    `title` and `body` name their parameters as `{code}`; `parameters` gives the kind of each, in the order of the file;
    `button` is the label of the link to the page of the case, or None.
    """

    name: str
    title: str
    body: str
    parameters: dict[str, str] = field(default_factory=dict)
    button: str | None = None

    def fill(self, given: Mapping[str, str]) -> dict[str, str]:
        """The values of all parameters, cut to size, in the order of the file.

        Raises:
            BrokenRequest: when a parameter is missing.
        """
        missing = [name for name in self.parameters if name not in given]
        if missing:
            raise BrokenRequest(f"mẫu {self.name} thiếu tham số {', '.join(missing)}")
        return {name: shorten(kind, given[name]) for name, kind in self.parameters.items()}


def read_templates(path: Path) -> dict[str, TemplateText]:
    """All templates of a file, by name. Raises SettingsError naming the file and the template that is wrong."""
    try:
        with path.open(encoding="utf-8") as file:
            found = yaml.safe_load(file) or {}
        return {str(name): _read(str(name), block) for name, block in found.items()}
    except (OSError, yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise SettingsError(f"{path}: không đọc được ({error})") from error


def template_ids(setting: str, pairs: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """The platform's id of each template, from `name=id` pairs.

    Args:
        setting: the name of the setting, for the error.
        known: names that stand in templates.yml.

    Raises:
        SettingsError: naming the setting, when a pair is none, a name is unknown or comes twice.
    """
    ids: dict[str, str] = {}
    for pair in pairs:
        name, equals, platform_id = (part.strip() for part in pair.partition("="))
        if not (name and equals and platform_id):
            raise SettingsError(f"{setting}: {pair!r} không có dạng tên=mã")
        if name not in known:
            raise SettingsError(f"{setting}: không có mẫu {name!r} (chỉ có {', '.join(sorted(known))})")
        if name in ids:
            raise SettingsError(f"{setting}: mẫu {name!r} được ghi hai lần")
        ids[name] = platform_id
    return ids


def fill(texts: Mapping[str, TemplateText], template: Template) -> dict[str, str]:
    """The parameters of a notice, cut to size. Raises BrokenRequest for an unknown template or a missing parameter."""
    if template.name not in texts:
        raise BrokenRequest(f"không có mẫu {template.name}")
    return texts[template.name].fill(template.parameters)


def shorten(kind: str, value: str) -> str:
    """A value as one line in NFC, no longer than its kind allows; nothing becomes "-", as platforms refuse an empty
    value. Raises KeyError for an unknown kind."""
    limit = LIMITS[kind]
    # Cleaning leaves out control characters, so line ends must become blanks first.
    said = clean_text(re.sub(r"\s+", " ", unicodedata.normalize("NFC", value)))
    if len(said) > limit:
        said = said[: limit - 1].rstrip() + "…" if kind in _WORDS else said[:limit]
    return said or _EMPTY


def _read(name: str, block: Any) -> TemplateText:
    parameters = {str(key): str(kind) for key, kind in (block.get("parameters") or {}).items()}
    text = TemplateText(name, clean_text(block["title"]), clean_text(block["body"]), parameters, block.get("button"))
    unknown = sorted(set(parameters.values()) - LIMITS.keys())
    if unknown:
        raise ValueError(f"mẫu {name}: không có loại tham số {', '.join(unknown)}")
    used = {field for _, field, _, _ in Formatter().parse(text.title + text.body) if field is not None}
    if used - parameters.keys():
        raise ValueError(f"mẫu {name}: câu nhắc tới {', '.join(sorted(used - parameters.keys()))} mà không khai báo")
    return text
