"""The container registry that machines reach as Docker Hub and quay.io: Debian's docker-registry over a prepared storage, read-only."""

from __future__ import annotations

import ctypes
import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from .settings import Settings

_PR_SET_PDEATHSIG = 1


class Registry:
    """One process on a loopback port. It ends with this one, however that ends."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        configuration = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": settings.registry_storage}, "maintenance": {"readonly": {"enabled": True}}},
            "http": {
                "addr": f"127.0.0.1:{self.port}",
                "tls": {"certificate": f"{settings.registry_tls}/registry.crt", "key": f"{settings.registry_tls}/registry.key"},
            },
        }
        path = settings.state_dir / "registry.json"
        path.write_text(json.dumps(configuration), encoding="utf-8")  # JSON is YAML
        libc = ctypes.CDLL(None)
        log_path = settings.state_dir / "registry.log"
        with open(log_path, "wb") as log:
            self._process = subprocess.Popen(
                [settings.registry_program, "serve", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
            )
        self._wait(log_path)

    def _wait(self, log_path: Path) -> None:
        for _ in range(100):
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        self._process.kill()
        raise RuntimeError(f"the container registry did not start: {log_path.read_text(encoding='utf-8')[:500]}")

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.wait(timeout=10)
