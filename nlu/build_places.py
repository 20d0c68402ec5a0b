"""Builds data/places/hanoi.json from the MIT-licensed data of the PyPI package vietnamadminunits 1.0.4.

A build-time tool, run by hand when the source changes; nothing imports the package, its functions (they geocode
over the network) are never called. Unpack its wheel anywhere and say where:

    python -m nlu.build_places path/to/unpacked/vietnamadminunits/data data/places

Beside the package two small hand-made files are read: `former_names.tsv` (names merged away before 2025, which the
package only knows without diacritics) and `corrections.tsv` (old wards whose likeliest successor is another one).
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlu.text.normalize import fold, normalize

SOURCE = (
    "Units of today, old wards and their successors: PyPI package vietnamadminunits 1.0.4, MIT License, "
    "Copyright (c) 2025 Tran Ngoc Minh Hieu (see NOTICE); former names and corrections: by hand."
)
CITY = "Thành phố Hà Nội"
_CITY_KEY = "thanhphohanoi"

Row = dict[str, Any]


def main(source: str, target: str) -> None:
    """Writes `<target>/hanoi.json`; raises ValueError when the counts or the hand-made files do not fit."""
    folder = Path(target)
    with sqlite3.connect(Path(source) / "dataset.db") as database:
        database.row_factory = sqlite3.Row
        wards = _wards(database)
        old = _old_wards(database, _successors(Path(source) / "converter_2025.json"))
    _add_former_names(old, folder / "former_names.tsv")
    _correct(old, wards, folder / "corrections.tsv")
    if (len(wards), len(old)) != (126, 526):
        raise ValueError(f"expected 126 units and 526 old wards, got {len(wards)} and {len(old)}")
    for row in [*wards, *old]:
        row.pop("key"), row.pop("aliases", None)
    text = _readable({"wards": wards, "districts": _districts(old), "old_wards": old})
    (folder / "hanoi.json").write_text(text, encoding="utf-8")


def _wards(database: sqlite3.Connection) -> list[Row]:
    rows = database.execute("select * from admin_units where province = ? order by wardCode", (CITY,))
    return [
        {
            "key": row["wardKey"],
            "code": row["wardCode"],
            "name": _name(row["wardShort"]),
            "kind": row["wardType"].lower(),
            "lat": row["wardLat"],
            "lon": row["wardLon"],
            "area_km2": row["wardAreaKm2"],
        }
        for row in rows
    ]


def _old_wards(database: sqlite3.Connection, successors: dict[str, list[str]]) -> list[Row]:
    codes = dict(database.execute("select wardKey, wardCode from admin_units where province = ?", (CITY,)).fetchall())
    rows = database.execute("select * from admin_units_legacy where province = ? order by wardCode", (CITY,))
    return [
        {
            "key": f"{row['districtKey']}_{row['wardKey']}",
            "aliases": json.loads(row["wardAlias"] or "[]"),
            "name": _name(row["wardShort"]),
            "kind": row["wardType"].lower(),
            "district": _name(row["districtShort"]),
            "district_kind": row["districtType"].lower(),
            "wards": [codes[key] for key in successors[f"{row['districtKey']}_{row['wardKey']}"]],
        }
        for row in rows
    ]


def _name(text: str) -> str:
    """One tone placement, a capital on each word, no remark (the package has "Đại áng", "Yên Viên (Thị trấn)")."""
    return " ".join(word[0].upper() + word[1:] for word in normalize(text.split("(")[0]).split())


def _successors(path: Path) -> dict[str, list[str]]:
    """Old ward key -> keys of the units of today, the default first."""
    converter = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for new, olds in converter["DICT_PROVINCE_WARD_NO_DIVIDED"][_CITY_KEY].items():
        for old in olds:
            found[old.removeprefix(_CITY_KEY + "_")] = [new]
    for old, news in converter["DICT_PROVINCE_WARD_DIVIDED"][_CITY_KEY].items():
        ordered = sorted(news, key=lambda new: not new["isDefaultNewWard"])
        found[old.removeprefix(_CITY_KEY + "_")] = [new["newWardKey"] for new in ordered]
    return found


def _add_former_names(old: list[Row], path: Path) -> None:
    known = {(row["district"], row["name"]): row for row in old}
    for district, name, former in _lines(path):
        known[district, name]["was"] = former.split("|")
    for row in old:
        spelled = [fold(name).replace(" ", "") for name in [row["name"], *row.get("was", [])]]
        missing = set(row["aliases"]) - {prefix + name for prefix in ("", "xa", "phuong") for name in spelled}
        if missing:
            raise ValueError(f"former_names.tsv lacks {sorted(missing)} of {row['name']}, {row['district']}")


def _correct(old: list[Row], wards: list[Row], path: Path) -> None:
    codes = {row["name"]: row["code"] for row in wards}
    known = {(row["district"], row["name"]): row for row in old}
    for district, name, order, _why in _lines(path):
        row, corrected = known[district, name], [codes[ward] for ward in order.split("|")]
        if set(corrected) != set(row["wards"]):
            raise ValueError(f"corrections.tsv may reorder, not replace, the successors of {name}, {district}")
        row["wards"] = corrected


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _districts(old: list[Row]) -> list[Row]:
    """Each old district with the units of today that hold part of it: most old wards first, then by code."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in old:
        shares = found.setdefault((row["district"], row.pop("district_kind")), {})
        for place, code in enumerate(row["wards"]):
            shares[code] = shares.get(code, 0) + (1 if place == 0 else 0.1)
    return [
        {"name": name, "kind": kind, "wards": sorted(shares, key=lambda code: (-shares[code], code))}
        for (name, kind), shares in sorted(found.items())
    ]


def _readable(tables: dict[str, list[Row]]) -> str:
    """JSON with one unit a line, so that a change shows as one line of a diff."""
    parts = [f'"source": {json.dumps(SOURCE, ensure_ascii=False)}', '"as_of": "2025-07-01"']
    for name, rows in tables.items():
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
