"""What one practice cloud is called and where it keeps its things; everything that must not collide with another cloud's."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

LABEL = "skylab.practice-cloud"
METADATA_ADDRESS = "169.254.169.254"
REGISTRY_ADDRESS = "169.254.169.250"
REGISTRY_HOSTS = ("registry-1.docker.io", "quay.io")
RUN_DIR = Path("/run/skylab-practice-cloud")


@dataclass
class Settings:
    """The command line, and the names that follow from it. `octet` and `slot` are chosen at the start (claims.py)."""

    port: int
    name: str
    image: str
    client_address: str
    web_ports: str
    registry_program: str
    registry_storage: str
    registry_tls: str
    devices: bool
    octet: int = 0
    slot: int = 0

    @property
    def tag(self) -> str:
        """Four characters that tell this cloud's iptables chains and bridges from another's (a bridge's name has 15 at most)."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:4]

    @property
    def label(self) -> str:
        """The label on every container, network and volume of this cloud."""
        return f"{LABEL}={self.name}"

    @property
    def chain(self) -> str:
        """Prefix of this cloud's iptables chains."""
        return f"SKY{self.tag}"

    @property
    def bridge(self) -> str:
        """Prefix of this cloud's network bridges."""
        return f"sky{self.tag}"

    @property
    def public_range(self) -> str:
        """The loopback addresses that are this cloud's public addresses."""
        return f"127.{self.octet}.0.0/16"

    @property
    def vpc_ranges(self) -> list[str]:
        """Ranges for default VPCs (one a region) that no other cloud takes: AWS's own for the first cloud on this computer."""
        first = 131 + 4 * self.slot
        return [*(["172.31.0.0/16"] if self.slot == 0 else []), *(f"10.{second}.0.0/16" for second in range(first, first + 4))]

    @property
    def state_dir(self) -> Path:
        """Folder for what containers mount: seeds and configuration."""
        return RUN_DIR / self.name


def parse(argv: list[str] | None = None) -> Settings:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="practice-cloud", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port of the AWS API, on 127.0.0.1")
    parser.add_argument("--name", required=True, help="name of this cloud; two of the same name cannot run at once")
    parser.add_argument("--image", default="skylab-practice/machine:plain", help="container image of the machines")
    parser.add_argument("--client-address", default="203.0.113.10", help="the address that clients on this computer seem to have")
    parser.add_argument("--web-ports", default="", help="HTTP,HTTPS: serve NAME.localhost on these ports, such as 80,443")
    parser.add_argument("--registry-program", default="", help="docker-registry's program; no registry without it")
    parser.add_argument("--registry-storage", default="")
    parser.add_argument("--registry-tls", default="", help="folder with registry.crt and registry.key")
    parser.add_argument("--devices", action="store_true", help="machines may use this computer's loop devices and /dev/fuse")
    return Settings(**vars(parser.parse_args(argv)))
