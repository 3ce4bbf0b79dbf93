"""Faults that tests ask for: what goes wrong on a real cloud now and then, on demand here."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

NO_CAPACITY = (
    "We currently do not have sufficient capacity in the Availability Zone you requested. "
    "Our system will be working on provisioning additional capacity."
)


@dataclass
class Repeated:
    """An API action (or `*` for any) that fails a number of times."""

    action: str
    times: int


@dataclass
class Active:
    """What is set now. Everything stays set until it is replaced or cleared, except counted failures, which run out."""

    throttle: Repeated | None = None
    error5xx: Repeated | None = None
    noBoot: bool = False
    consoleBlank: bool = False
    consoleWrongKey: bool = False
    slowCloudInit: int = 0
    insufficientCapacity: bool = False
    room: int | None = None


class Faults:
    """The faults of one practice cloud."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = Active()

    @property
    def active(self) -> Active:
        """What is set now; not to be changed by the caller."""
        return self._active

    def replace(self, wanted: dict[str, Any]) -> None:
        """Sets these faults instead of what was set. An unknown name raises ValueError."""
        unknown = set(wanted) - {field.name for field in fields(Active)}
        if unknown:
            raise ValueError(f"unknown fault: {', '.join(sorted(unknown))}")
        values = dict(wanted)
        for name in ("throttle", "error5xx"):
            if values.get(name):
                values[name] = Repeated(action=str(values[name]["action"]), times=int(values[name]["times"]))
        with self._lock:
            self._active = Active(**values)

    def describe(self) -> dict[str, Any]:
        """What is set now, as JSON has it."""
        return asdict(self._active)

    def failure_for(self, action: str) -> tuple[int, str, str] | None:
        """HTTP status, error code and message with which this call fails; None when it goes ahead."""
        with self._lock:
            if self._take(self._active.throttle, action):
                return 503, "RequestLimitExceeded", "Request limit exceeded."
            if self._take(self._active.error5xx, action):
                return 500, "InternalError", "An internal error has occurred"
            if self._active.insufficientCapacity and action == "RunInstances":
                return 500, "InsufficientInstanceCapacity", NO_CAPACITY
        return None

    @staticmethod
    def _take(fault: Repeated | None, action: str) -> bool:
        if fault is None or fault.times <= 0 or fault.action not in (action, "*"):
            return False
        fault.times -= 1
        return True
