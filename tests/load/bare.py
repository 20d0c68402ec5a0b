"""What the web framework itself costs: one route that answers `{}`. `python -m tests.load.bare PORT`."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.post("/hooks/telegram")
def take() -> dict[str, str]:
    return {}


if __name__ == "__main__":
    print("starting", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
