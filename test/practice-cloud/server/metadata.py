"""The instance metadata service (IMDSv1 and v2) at 169.254.169.254: the asker's address tells which instance it is."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .machines import Machines

_MAX_TTL_SECONDS = 21600


def serve(machines: Machines) -> int:
    """Starts the service on a free loopback port, which the firewall leads the machines to; returns the port."""

    class Handler(_Handler):
        pass

    Handler.machines = machines
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    machines: Machines
    tokens: dict[str, float] = {}

    def log_message(self, *_: Any) -> None:
        """Says nothing: machines ask often."""

    def _answer(self, status: int, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        """A session token, for IMDSv2."""
        ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if self.path != "/latest/api/token" or not ttl.isdigit() or not 0 < int(ttl) <= _MAX_TTL_SECONDS:
            return self._answer(400)
        token = base64.urlsafe_b64encode(os.urandom(30)).decode()
        self.tokens[token] = time.time() + int(ttl)
        self._answer(200, token)

    def do_GET(self) -> None:
        """Everything else."""
        instance = self._asker()
        token = self.headers.get("X-aws-ec2-metadata-token")
        if instance is None or instance.metadata_options.http_endpoint == "disabled":
            return self._answer(403)
        expired = token is not None and self.tokens.get(token, 0) < time.time()
        if expired or (token is None and instance.metadata_options.http_tokens == "required"):
            return self._answer(401)
        path = self.path.rstrip("/")
        if path == "/latest/user-data":
            data = instance.user_data
            return self._answer(200, base64.b64decode(data.as_bytes()).decode(errors="replace")) if data else self._answer(404)
        if path == "/latest/dynamic/instance-identity/document":
            return self._answer(200, json.dumps(_identity(instance)))
        if path.startswith("/latest/meta-data"):
            return self._meta_data(instance, path.removeprefix("/latest/meta-data").lstrip("/"))
        self._answer(404)

    def _meta_data(self, instance: Any, key: str) -> None:
        data = _meta_data(instance)
        if key in data:
            return self._answer(200, data[key])
        start = f"{key}/" if key else ""
        below = {name.removeprefix(start) for name in data if name.startswith(start)}
        if not below:
            return self._answer(404)
        self._answer(200, "\n".join(sorted({name if "/" not in name else name.split("/")[0] + "/" for name in below})))

    def _asker(self) -> Any:
        for machine in self.machines.all():
            instance = machine.instance
            if instance._state.name not in ("terminated", "shutting-down") and instance.private_ip == self.client_address[0]:
                return instance
        return None


def _meta_data(instance: Any) -> dict[str, str]:
    zone = instance._placement.zone
    data = {
        "ami-id": instance.image_id, "instance-id": instance.id, "instance-type": instance.instance_type,
        "local-ipv4": instance.private_ip, "hostname": instance.private_dns_name, "local-hostname": instance.private_dns_name,
        "placement/availability-zone": zone, "placement/region": zone[:-1], "mac": instance.nics[0].mac_address,
        "security-groups": "\n".join(group.name for group in instance.security_groups),
    }  # fmt: skip
    if instance.public_ip:
        data |= {"public-ipv4": instance.public_ip, "public-hostname": instance.public_dns_name}
    key = instance.ec2_backend.key_pairs.get(instance.key_name)
    if key:
        data["public-keys/0/openssh-key"] = key.public_key
    if instance.metadata_options.instance_metadata_tags == "enabled":
        data |= {f"tags/instance/{tag['key']}": tag["value"] for tag in instance.get_tags()}
    return data


def _identity(instance: Any) -> dict[str, str]:
    zone = instance._placement.zone
    return {
        "instanceId": instance.id, "region": zone[:-1], "availabilityZone": zone, "instanceType": instance.instance_type,
        "imageId": instance.image_id, "accountId": instance.owner_id, "privateIp": instance.private_ip,
        "architecture": instance.architecture,
    }  # fmt: skip
