"""One installation as a tree of processes: Rasa, actions, worker, web.

Each is restarted when it dies; all end together.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from bot.channels import modules, open_channels
from bot.errors import LangNgheError
from bot.settings import ROOT, Settings
from bot.store.database import Database, open_engine
from bot.store.vault import DatabaseVault

NLU_PYTHON = ROOT / "nlu" / ".venv" / "bin" / "python"
RASA_ADDRESS = "rasa_address"
_GRACE = 12.0


def train(settings: Settings, force: bool = False) -> Path:
    """Train when the data, the components or config.yml changed. Returns the model. Raises LangNgheError."""
    command = [str(NLU_PYTHON), "-W", "ignore", "-m", "nlu.train", "--out", str(settings.models_dir)]
    done = subprocess.run(
        command + (["--force"] if force else []),
        cwd=ROOT,
        env=nlu_env(settings),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LangNgheError("Huấn luyện mô hình không thành công (xem các dòng phía trên).")
    return Path(done.stdout.strip().splitlines()[-1])


def rasa_command(settings: Settings, port: int) -> tuple[list[str], dict[str, str]]:
    """The command and environment that serve the newest model on 127.0.0.1."""
    model = train(settings)
    command = [
        str(NLU_PYTHON),
        "-W",
        "ignore",
        "-m",
        "nlu.serve",
        "run",
        "--enable-api",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-m",
        str(model),
        "--endpoints",
        "nlu/endpoints.yml",
        "--credentials",
        "nlu/credentials.yml",
    ]
    return command, nlu_env(settings)


def nlu_env(settings: Settings) -> dict[str, str]:
    """Rasa's environment: no telemetry, one thread, quiet, and none of our secrets."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LANGNGHE_")}
    return {
        **kept,
        "RASA_TELEMETRY_ENABLED": "false",
        "LANGNGHE_ACTIONS_PORT": str(settings.actions_port),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Part:
    """One child process."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen | None = None
    born: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches only us, and we end the parts in order.
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, start_new_session=True, stdout=log, stderr=log
            )
        self.born = time.monotonic()

    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill_after(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def up(settings: Settings, host: str, port: int) -> int:
    """Run everything until Ctrl-C or SIGTERM. Returns the exit status."""
    _check_port(host, port)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    rasa_port = free_port()
    settings = replace(
        settings,
        rasa_urls=(f"http://127.0.0.1:{rasa_port}",),
        actions_port=free_port(),
        public_url=settings.public_url,
    )
    # Where this installation's Rasa is, for `doctor` and others who ask beside it.
    (settings.data_dir / RASA_ADDRESS).write_text(settings.rasa_urls[0])
    from bot.commands.people import first_admin
    from bot.wiring import build

    first = first_admin(build(settings))
    command, rasa_env = rasa_command(settings, rasa_port)
    parts = [Part("rasa", command, rasa_env, _log(settings, "rasa")), *_own_parts(settings, host, port)]
    stopping = _Stop()
    for part in parts:
        part.start()
    try:
        _announce(settings, host, port, first, stopping)
        _watch(parts, stopping)
    finally:
        _end(parts)
    return 0


class _Stop:
    """Becomes true on Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _own_parts(settings: Settings, host: str, port: int) -> list[Part]:
    env = {
        **os.environ,
        "LANGNGHE_RASA_URLS": ",".join(settings.rasa_urls),
        "LANGNGHE_ACTIONS_PORT": str(settings.actions_port),
        "LANGNGHE_DATA_DIR": str(settings.data_dir),
        "LANGNGHE_PUBLIC_URL": settings.public_url or f"http://{_shown(host)}:{port}",
    }
    python = [sys.executable, "-m", "bot"]
    return [
        Part("actions", [*python, "actions"], env, _log(settings, "actions")),
        Part("worker", [*python, "worker", "--alone"], env, _log(settings, "worker")),
        Part("web", [*python, "web", "--host", host, "--port", str(port)], env, _log(settings, "web")),
    ]


def _log(settings: Settings, name: str) -> Path:
    return settings.data_dir / "logs" / f"{name}.log"


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LangNgheError(f"Cổng {port} đang có chương trình khác dùng. Chọn cổng khác bằng --port.") from error


def _announce(settings: Settings, host: str, port: int, first: str | None, stopping: _Stop) -> None:
    """Wait until the parts are ready, then say where to go and which channels are on."""
    base = f"http://{_shown(host)}:{port}"
    begin = time.monotonic()
    while not stopping.asked and time.monotonic() - begin < 120 and not _ready(base):
        time.sleep(0.3)
    if stopping.asked:
        return
    on = open_channels(settings, DatabaseVault(Database(open_engine(settings.database_url))))
    off = [name for name in modules() if name not in on]
    print(f"\nLắng Nghe đã sẵn sàng ({time.monotonic() - begin:.0f} giây).")
    print(f"  Trò chuyện:        {base}/")
    print(f"  Tra cứu phiếu:     {base}/tra-cuu")
    print(f"  Bàn làm việc:      {base}/staff")
    print(f"  Kênh đang bật:     {', '.join(c.label for c in on.values())}")
    print(f"  Kênh đang tắt:     {', '.join(off) or 'không có'} (thiếu khoá, xem .env.example)")
    if first:
        print(f"  Tài khoản đầu tiên: admin / {first}  (đổi mật khẩu sau khi đăng nhập)")
    print("Bấm Ctrl-C để dừng.", flush=True)


def _ready(base: str) -> bool:
    try:
        return requests.get(f"{base}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def _watch(parts: list[Part], stopping: _Stop) -> None:
    """Restart what dies, with growing pauses."""
    while not stopping.asked:
        time.sleep(0.3)
        for part in parts:
            if part.dead() and time.monotonic() - part.born > min(2.0**part.deaths, 30.0):
                part.deaths = 0 if time.monotonic() - part.born > 120 else part.deaths + 1
                print(f"langnghe: {part.name} đã dừng, khởi động lại (xem {part.log})", file=sys.stderr)
                part.start()


def _end(parts: list[Part]) -> None:
    """The web first, so that nothing new comes in; what is under way is finished."""
    for part in reversed(parts):
        part.stop()
    deadline = time.monotonic() + _GRACE
    for part in reversed(parts):
        part.kill_after(deadline)
