"""Public addresses (127.x.y.z) and the machines' networks (one Docker network for each VPC)."""

from __future__ import annotations

import ipaddress
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import moto.ec2.models.elastic_ip_addresses as elastic_ip_addresses
import moto.ec2.models.elastic_network_interfaces as elastic_network_interfaces
from moto.ec2.models.vpcs import VPCBackend

from .engine import docker, run
from .hooks import wrap
from .settings import Settings


class Addresses:
    """Hands out public addresses, each once, and makes a Docker network for a VPC when its first machine starts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._networks: dict[str, str] = {}
        self._promised: set[str] = set()
        self._public: Iterator[str] = (
            f"127.{settings.octet}.{third}.{fourth}" for third, fourth in itertools.product(range(1, 255), range(1, 255))
        )

    def install(self) -> None:
        """Makes moto take its public addresses and its default VPC's range from here."""

        def next_public() -> str:
            with self._lock:
                return next(self._public)

        elastic_network_interfaces.random_public_ip = next_public  # type: ignore[attr-defined]
        elastic_ip_addresses.random_ip = next_public  # type: ignore[attr-defined]

        @wrap(VPCBackend, "create_vpc")
        def create_vpc(original: Any, backend: Any, cidr_block: str, *args: Any, **kwargs: Any) -> Any:
            return original(backend, self._free_range() if kwargs.get("is_default") else cidr_block, *args, **kwargs)

    def network(self, vpc: Any) -> str:
        """The name of the Docker network of this VPC."""
        with self._lock:
            if vpc.id not in self._networks:
                bridge = f"{self._settings.bridge}{len(self._networks)}"
                name = f"{self._settings.name}-{vpc.id}"
                gateway = str(ipaddress.ip_network(vpc.cidr_block)[1])
                docker(
                    "network", "create", "--label", self._settings.label, "--subnet", vpc.cidr_block, "--gateway", gateway,
                    "-o", f"com.docker.network.bridge.name={bridge}", name,
                )  # fmt: skip
                # Lets connections to 127.x, which the firewall sends on to a machine, leave through the bridge.
                run("sysctl", "-qw", f"net.ipv4.conf.{bridge}.route_localnet=1")
                self._networks[vpc.id] = name
            return self._networks[vpc.id]

    def _free_range(self) -> str:
        """A /16 for a default VPC that this computer does not use otherwise."""
        with self._lock:
            taken = [ipaddress.ip_network(text) for text in _routes() + _docker_ranges()]
            for text in self._settings.vpc_ranges:
                candidate = ipaddress.ip_network(text)
                if text not in self._promised and not any(candidate.overlaps(used) for used in taken if used.version == 4):
                    self._promised.add(text)
                    return text
        raise RuntimeError("no free address range is left for a VPC's network")


def _routes() -> list[str]:
    routes = json.loads(run("ip", "-j", "-4", "route", "show").stdout or "[]")
    return [route["dst"] for route in routes if route["dst"] != "default"]


def _docker_ranges() -> list[str]:
    names = docker("network", "ls", "-q").split()
    if not names:
        return []
    found: list[str] = []
    for network in json.loads(docker("network", "inspect", *names)):
        found += [entry["Subnet"] for entry in (network["IPAM"]["Config"] or []) if "Subnet" in entry]
    return found


def resolver_configuration() -> str:
    """
    A resolv.conf that a machine can use, and hand on to the Docker engine that runs on it.

    A resolver on this computer's loopback (systemd-resolved) cannot be reached from a machine; the servers behind it can.
    """
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            continue
        usable = [line for line in lines if not line.startswith("nameserver 127.") and not line.startswith("nameserver ::1")]
        if any(line.startswith("nameserver") for line in usable):
            return "\n".join(usable) + "\n"
    return "nameserver 8.8.8.8\nnameserver 1.1.1.1\n"
