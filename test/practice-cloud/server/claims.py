"""Several practice clouds on one computer: each claims its name and its loopback range; what a dead one left is removed."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .engine import log
from .leftovers import remove_everything
from .settings import RUN_DIR, Settings

_FIRST_OCTET, _LAST_OCTET = 10, 250


class AlreadyRunning(Exception):
    """A cloud of this name runs."""


def claim(settings: Settings) -> None:
    """Removes what dead clouds left, then takes the name and a free range (settings.octet) for this process."""
    RUN_DIR.mkdir(parents=True, exist_ok=True)
    with _locked():
        taken: set[int] = set()
        slots: set[int] = set()
        for path in RUN_DIR.glob("*.json"):
            owner = json.loads(path.read_text(encoding="utf-8"))
            if _lives(owner):
                taken.add(owner["octet"])
                slots.add(owner.get("slot", 0))
                if owner["name"] == settings.name:
                    raise AlreadyRunning(f"a practice cloud named {settings.name} runs already, with process id {owner['pid']}")
            else:
                log(f"removing what the practice cloud {owner['name']} left behind")
                remove_everything(replace(settings, name=owner["name"]))
                path.unlink()
        remove_everything(settings)
        preferred = _FIRST_OCTET + settings.port % (_LAST_OCTET - _FIRST_OCTET)
        candidates = [preferred, *range(_FIRST_OCTET, _LAST_OCTET)]
        settings.octet = next(octet for octet in candidates if octet not in taken)
        settings.slot = next(slot for slot in itertools.count() if slot not in slots)
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        owner = {
            "name": settings.name,
            "pid": os.getpid(),
            "started": _started(os.getpid()),
            "octet": settings.octet,
            "slot": settings.slot,
            "port": settings.port,
        }
        _claim_file(settings).write_text(json.dumps(owner), encoding="utf-8")


def release(settings: Settings) -> None:
    """Removes everything of this cloud and gives its name and range back."""
    with _locked():
        remove_everything(settings)
        _claim_file(settings).unlink(missing_ok=True)


def _claim_file(settings: Settings) -> Path:
    return RUN_DIR / f"{settings.name}.json"


@contextmanager
def _locked() -> Iterator[None]:
    with open(RUN_DIR / "lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot: with it, a process id that was given out again is not mistaken."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[19]


def _lives(owner: dict[str, object]) -> bool:
    try:
        return _started(int(str(owner["pid"]))) == owner["started"]
    except FileNotFoundError:
        return False
