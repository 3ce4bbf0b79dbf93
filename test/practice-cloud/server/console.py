"""GetConsoleOutput: what the machine printed while it booted, its host keys between cloud-init's markers included."""

from __future__ import annotations

import base64
import re
import subprocess
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.responses.general import General

from .faults import Faults
from .machines import Machines

_LIMIT = 64 * 1024
_KEYS = re.compile(rb"(-----BEGIN SSH HOST KEY KEYS-----\r?\n).*?(-----END SSH HOST KEY KEYS-----)", re.S)


def install(machines: Machines, faults: Faults) -> None:
    """Makes GetConsoleOutput answer with the container's output."""

    def get_console_output(self: Any) -> ActionResult:
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        output = b"" if faults.active.consoleBlank else _output(machines.container(instance))
        if faults.active.consoleWrongKey:
            output = _KEYS.sub(lambda match: match[1] + _another_key(instance.id) + b"\r\n" + match[2], output)
        encoded = base64.b64encode(output[-_LIMIT:]).decode()
        return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "Output": Base64EncodedString(encoded)})

    General.get_console_output = get_console_output  # type: ignore[method-assign]


def _output(container: str) -> bytes:
    logs = subprocess.run(["docker", "logs", container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return logs.stdout if logs.returncode == 0 else b""


@cache
def _another_key(instance_id: str) -> bytes:
    """A host key that no machine has; the same one each time it is asked for."""
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return public + f" root@{instance_id}".encode()
