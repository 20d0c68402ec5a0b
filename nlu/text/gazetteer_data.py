"""Reads the folder data/places into one trie of names; which file holds what is told at the top of each file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlu.text.names import NameTrie, Sense

# A landmark is known by the short forms of its first words, too.
_SHORT = {
    "khu đô thị": ("kđt", "khu", "kđt mới", "khu đô thị mới"),
    "khu tập thể": ("ktt", "tập thể"),
    "khu công nghiệp": ("kcn",),
    "bệnh viện": ("bv",),
    "đại học": ("đh", "trường đại học", "trường đh"),
    "học viện": ("hv",),
    "trường THPT": ("thpt", "trường", "trường cấp 3"),
    "sân vận động": ("svđ",),
    "hồ": ("bờ hồ",),
    "sông": ("bờ sông",),
}


@dataclass(frozen=True)
class Ward:
    """A unit of today: official code, kind "phường" or "xã", centre in degrees, area."""

    code: str
    name: str
    kind: str
    lat: float
    lon: float
    area_km2: float


@dataclass(frozen=True)
class OldWard:
    """A unit until June 2025: kind "phường", "xã" or "thị trấn"; `wards` are codes of today, the default first."""

    name: str
    kind: str
    district: str
    wards: tuple[str, ...]


@dataclass(frozen=True)
class PlaceData:
    wards: dict[str, Ward]
    districts: dict[str, tuple[str, ...]]
    names: NameTrie


def load(folder: Path) -> PlaceData:
    """Raises OSError for a missing file, ValueError (with file and line) for one that does not fit the others."""
    tables = json.loads((folder / "hanoi.json").read_text(encoding="utf-8"))
    wards = {row["code"]: Ward(**row) for row in tables["wards"]}
    districts = {row["name"]: tuple(row["wards"]) for row in tables["districts"]}
    names = NameTrie(common=_common(folder / "common_words.txt"))
    for ward in wards.values():
        names.add(ward.name, Sense("ward", ward.code))
    for name in districts:
        names.add(name, Sense("district", name))
    _add_old_wards(names, tables["old_wards"])
    _add_streets(names, folder / "streets.tsv", {ward.name: ward.code for ward in wards.values()})
    _add_elsewhere(names, folder / "elsewhere.tsv")
    for name in ("Hà Nội", "HN", "thủ đô Hà Nội"):
        names.add(name, Sense("city", "Hà Nội"))
    return PlaceData(wards, districts, names)


def _add_old_wards(names: NameTrie, rows: list[dict]) -> None:
    for row in rows:
        old = OldWard(row["name"], row["kind"], row["district"], tuple(row["wards"]))
        for name in (old.name, *row.get("was", ())):
            names.add(name, Sense("old_ward", old))


def _add_streets(names: NameTrie, path: Path, codes: dict[str, str]) -> None:
    for number, (kind, spelled, wards) in _rows(path, 3):
        unknown = [name for name in wards.split("|") if name not in codes and wards != "-"]
        if unknown or kind not in ("street", "landmark"):
            raise ValueError(f"{path.name}, line {number}: not a ward of today or not a kind: {unknown or kind}")
        sense = Sense(kind, () if wards == "-" else tuple(codes[name] for name in wards.split("|")))
        for name in spelled.split("|"):
            for form in _forms(name):
                names.add(form, sense)


def _forms(name: str) -> Iterator[str]:
    yield name
    for words, shorts in _SHORT.items():
        if name.startswith(words + " "):
            yield from (short + name[len(words) :] for short in shorts)


def _add_elsewhere(names: NameTrie, path: Path) -> None:
    for _, (name, others) in _rows(path, 2):
        for other in (name, *filter(None, others.split("|"))):
            names.add(other, Sense("province", name))


def _rows(path: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != width:
            raise ValueError(f"{path.name}, line {number}: {len(fields)} columns, not {width}")
        yield number, fields


def _common(path: Path) -> list[str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [name.strip() for line in lines for name in line.split(",") if name.strip()]
