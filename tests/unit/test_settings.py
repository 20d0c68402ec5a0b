"""Settings (interface.md §5): read once, checked; an unknown or bad one stops the start with its name."""

from __future__ import annotations

import stat
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import PREFIX, ROOT, Settings, load

NAMES = [PREFIX + f.name.upper() for f in fields(Settings)]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"LANGNGHE_DATA_DIR": str(tmp_path / "var")}


def test_nothing_needs_to_be_set(home: dict[str, str], tmp_path: Path) -> None:
    settings = load(home)
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'langnghe.db'}"
    assert settings.rasa_urls == ("http://127.0.0.1:5005",)
    assert len(settings.secret_key) >= 32


def test_var_is_the_default_folder() -> None:
    assert Settings().data_dir == ROOT / "var"


def test_two_folders_do_not_meet(tmp_path: Path) -> None:
    one, two = (load({"LANGNGHE_DATA_DIR": str(tmp_path / n)}) for n in ("one", "two"))
    assert one.database_url != two.database_url
    assert one.secret_key != two.secret_key
    assert one.media_dir != two.media_dir
    assert one.models_dir != two.models_dir


def test_the_secret_survives_a_restart_and_is_the_owners_alone(home: dict[str, str]) -> None:
    first, again = load(home), load(home)
    assert first.secret_key == again.secret_key
    assert stat.S_IMODE((first.data_dir / "secret_key").stat().st_mode) == 0o600


def test_what_is_given_is_taken(home: dict[str, str]) -> None:
    settings = load(
        home
        | {
            "LANGNGHE_DATABASE_URL": "postgresql+psycopg://u@db/langnghe",
            "LANGNGHE_RASA_URLS": "http://a:5005/, http://b:5005",
            "LANGNGHE_PUBLIC_URL": "https://langnghe.example/",
            "LANGNGHE_SECRET_KEY": "x" * 40,
            "LANGNGHE_WORKER_THREADS": "8",
            "LANGNGHE_RASA_TIMEOUT": "2.5",
        }
    )
    assert settings.database_url == "postgresql+psycopg://u@db/langnghe"
    assert settings.rasa_urls == ("http://a:5005", "http://b:5005")
    assert settings.public_url == "https://langnghe.example"
    assert settings.secret_key == "x" * 40
    assert settings.worker_threads == 8
    assert settings.rasa_timeout == 2.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANGNGHE_TELEGRAM_TOKN", "1:a"),
        ("LANGNGHE_WORKER_THREADS", "vài"),
        ("LANGNGHE_WORKER_THREADS", "0"),
        ("LANGNGHE_WORKER_THREADS", "2.5"),
        ("LANGNGHE_RASA_TIMEOUT", "nan"),
        ("LANGNGHE_RASA_TIMEOUT", "-1"),
        ("LANGNGHE_SLOW_AFTER", "soon"),
        ("LANGNGHE_MAX_PHOTO_MB", "0"),
        ("LANGNGHE_ACTIONS_PORT", "99999"),
        ("LANGNGHE_DATABASE_URL", "mysql://localhost/x"),
        ("LANGNGHE_PUBLIC_URL", "langnghe.example"),
        ("LANGNGHE_RASA_URLS", "127.0.0.1:5005"),
        ("LANGNGHE_RASA_URLS", ","),
        ("LANGNGHE_TELEGRAM_API_BASE", "ftp://x"),
        ("LANGNGHE_LOG_LEVEL", "LOUD"),
    ],
)
def test_an_unknown_or_bad_setting_names_itself(home: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(home | {name: value})


def test_others_variables_and_empty_ones_do_not_matter(home: dict[str, str]) -> None:
    assert load(home | {"PATH": "/bin", "LANGNGHE_TELEGRAM_TOKEN": ""}).telegram_token == ""


def test_settings_are_frozen(home: dict[str, str]) -> None:
    with pytest.raises(FrozenInstanceError):
        load(home).public_url = "http://elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_stands_in_the_example_with_a_sentence(name: str) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    places = [i for i, line in enumerate(lines) if line.lstrip("# ").startswith(f"{name}=")]
    assert places, f"{name} is missing in .env.example"
    before = next((line for line in reversed(lines[: places[0]]) if not line.startswith(PREFIX)), "")
    assert before.startswith("#"), f"{name} has no sentence in .env.example"
    assert len(before.split()) > 3, f"{name} has no sentence in .env.example"


def test_the_example_names_nothing_that_does_not_exist() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line.lstrip("# ").split("=")[0] for line in lines if line.lstrip("# ").startswith(PREFIX)}
    assert named <= set(NAMES)
