"""Commands on this computer, and the Docker engine through its command line and its API."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import docker as docker_sdk

SOCKET = "unix:///var/run/docker.sock"
_ENVIRONMENT = {**os.environ, "DOCKER_HOST": SOCKET}


def log(*parts: object) -> None:
    """One line on standard error, with the time."""
    print(time.strftime("%H:%M:%S"), *parts, file=sys.stderr, flush=True)


def run(*argv: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command; a failure raises with what it said on standard error, unless `check` is off."""
    done = subprocess.run(argv, capture_output=True, text=True, input=stdin, env=_ENVIRONMENT)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv[:4])}...: {done.stderr.strip()}")
    return done


def docker(*argv: str, check: bool = True) -> str:
    """Runs `docker` and returns its standard output."""
    return run("docker", *argv, check=check).stdout.strip()


_client: docker_sdk.APIClient | None = None


def engine() -> docker_sdk.APIClient:
    """The engine's API: for what is asked every second, where starting a command would cost too much."""
    global _client
    if _client is None:
        _client = docker_sdk.APIClient(base_url=SOCKET)
    return _client


def containers(label: str) -> dict[str, dict[str, Any]]:
    """All containers with this label by the instance id they carry."""
    listed = engine().containers(all=True, filters={"label": label})
    return {entry["Labels"]["instance"]: entry for entry in listed if "instance" in entry["Labels"]}
