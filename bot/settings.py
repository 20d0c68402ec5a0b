"""Every setting: read once from the environment, checked, frozen (interface.md §5)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from bot.errors import SettingsError

PREFIX = "LANGNGHE_"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults. Each is `LANGNGHE_<NAME>` in the environment and stands in .env.example."""

    data_dir: Path = ROOT / "var"
    city_dir: Path = ROOT / "data"
    database_url: str = ""
    rasa_urls: tuple[str, ...] = ("http://127.0.0.1:5005",)
    actions_port: int = 5055
    public_url: str = ""
    secret_key: str = ""
    rasa_timeout: float = 15.0
    slow_after: float = 6.0
    worker_threads: int = 4
    deliver_threads: int = 12
    max_photo_mb: int = 20
    log_level: str = "INFO"
    telegram_token: str = ""
    telegram_api_base: str = "https://api.telegram.org"
    telegram_secret: str = ""
    telegram_timeout: float = 20.0
    zalo_oa_app_id: str = ""
    zalo_oa_app_secret: str = ""
    zalo_oa_secret_key: str = ""
    zalo_oa_refresh_token: str = ""
    zalo_oa_api_base: str = "https://openapi.zalo.me"
    zalo_oa_business_base: str = "https://business.openapi.zalo.me"
    zalo_oa_oauth_base: str = "https://oauth.zaloapp.com"
    zalo_oa_signed_id: str = "app"
    zalo_oa_verification: str = ""
    zalo_oa_templates: tuple[str, ...] = ()
    zalo_oa_media_hosts: tuple[str, ...] = (".zdn.vn", ".zalo.me", ".zaloapp.com", ".dlfl.vn")
    zalo_oa_timeout: float = 15.0
    zalo_bot_token: str = ""
    zalo_bot_api_base: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_secret: str = ""
    zalo_bot_media_hosts: tuple[str, ...] = (".zdn.vn", ".zalo.me", ".zaloapp.com", ".dlfl.vn", ".zaloplatforms.com")
    zalo_bot_timeout: float = 15.0
    messenger_app_secret: str = ""
    messenger_verify_token: str = ""
    messenger_page_token: str = ""
    messenger_graph_base: str = "https://graph.facebook.com"
    messenger_graph_version: str = "v25.0"
    messenger_utility_permission: str = "pages_utility_messaging"
    messenger_templates: tuple[str, ...] = ()
    messenger_media_hosts: tuple[str, ...] = (".fbcdn.net", ".fbsbx.com")
    messenger_timeout: float = 15.0

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: naming the setting that is unknown or bad.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    given: dict[str, object] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or value == "":
            continue
        if name not in known:
            raise SettingsError(f"{name}: không có thiết lập này (xem .env.example)")
        given[known[name].name] = _convert(name, value, str(known[name].type))
    settings = Settings(**given)  # type: ignore[arg-type]
    _check(settings)
    return _with_defaults(settings)


def _convert(name: str, value: str, kind: str) -> object:
    try:
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
    except ValueError as error:
        raise SettingsError(f"{name}: cần một số, nhưng đang là {value!r}") from error
    if kind == "Path":
        return Path(value).expanduser().resolve()
    if kind.startswith("tuple"):
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    return value.rstrip("/") if name.endswith(("_URL", "_BASE")) else value


def _check(settings: Settings) -> None:
    if settings.database_url and not settings.database_url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise SettingsError("LANGNGHE_DATABASE_URL: dùng sqlite:///… hoặc postgresql+psycopg://…")
    for name in (f.name for f in fields(settings) if f.name.endswith(("_base", "public_url"))):
        value = getattr(settings, name)
        if value and not value.startswith(("http://", "https://")):
            raise SettingsError(f"{PREFIX}{name.upper()}: phải bắt đầu bằng http:// hoặc https://")
    if not settings.rasa_urls or not all(u.startswith(("http://", "https://")) for u in settings.rasa_urls):
        raise SettingsError("LANGNGHE_RASA_URLS: cần ít nhất một địa chỉ http://…")
    if settings.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("LANGNGHE_LOG_LEVEL: dùng DEBUG, INFO, WARNING hoặc ERROR")
    for field in fields(settings):
        value = getattr(settings, field.name)
        most = 65535 if field.name.endswith("_port") else 100_000
        # Written so that "nan" fails as well.
        if isinstance(value, int | float) and not 0 < value <= most:
            raise SettingsError(f"{PREFIX}{field.name.upper()}: cần một số lớn hơn 0 và không quá {most}")


def _with_defaults(settings: Settings) -> Settings:
    """Fill what depends on the data folder: the SQLite file and a secret key kept beside it."""
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    values["database_url"] = settings.database_url or f"sqlite:///{settings.data_dir / 'langnghe.db'}"
    values["secret_key"] = settings.secret_key or _kept_secret(settings.data_dir)
    return Settings(**values)


def _kept_secret(data_dir: Path) -> str:
    """A random key that survives restarts, readable by the owner only."""
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
