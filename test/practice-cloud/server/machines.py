"""The machines: one container with systemd, sshd and cloud-init for each EC2 instance."""

from __future__ import annotations

import base64
import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.ec2.models.instances import StateReason

from .addresses import Addresses, resolver_configuration
from .catalog import login_user
from .engine import docker, log
from .faults import Faults
from .settings import REGISTRY_ADDRESS, REGISTRY_HOSTS, Settings

PENDING, RUNNING, SHUTTING_DOWN = ("pending", 0), ("running", 16), ("shutting-down", 32)
TERMINATED, STOPPING, STOPPED = ("terminated", 48), ("stopping", 64), ("stopped", 80)

# What systemd and Docker on the machine need. --privileged would also work where the computer has every capability; this works elsewhere too.
_CAPABILITIES = ["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "MKNOD", "SYS_NICE", "SYS_BOOT"]
_OPTIONS = [
    "--cgroupns", "private", *(word for name in _CAPABILITIES for word in ("--cap-add", name)),
    "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--log-driver", "json-file",
    "--tmpfs", "/run:exec,mode=755", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec,mode=1777",
]  # fmt: skip
# Loop devices stand in for attached disks: their nodes are made on the machine (mknod) when there is such a disk.
_DEVICES = ["--device-cgroup-rule", "b 7:* rwm", "--device", "/dev/fuse"]


@dataclass
class Machine:
    """What the practice cloud knows of an instance beyond what moto does."""

    instance: Any
    own_interfaces: list[str]
    lock: threading.RLock = field(default_factory=threading.RLock)
    reachable: bool = False  # both status checks have passed since the last start
    since: float = field(default_factory=time.time)
    missing_once: bool = False  # the container was not running at the last look


def set_state(instance: Any, state: tuple[str, int]) -> None:
    """Gives the instance one of the states above."""
    instance._state.name, instance._state.code = state


class Machines:
    """Starts, stops and removes containers as instances change their state. Changes of one instance come one after the other."""

    def __init__(self, settings: Settings, addresses: Addresses, faults: Faults) -> None:
        self._settings = settings
        self._addresses = addresses
        self._faults = faults
        self._machines: dict[str, Machine] = {}
        self.changed: Callable[[], None] = lambda: None

    def container(self, instance: Any) -> str:
        """The name of an instance's container, and of the volume with its Docker data."""
        return f"{self._settings.name}-{instance.id}"

    def of(self, instance: Any) -> Machine:
        """The record of an instance that adopt() has seen."""
        return self._machines[instance.id]

    def all(self) -> list[Machine]:
        """All machines of all regions, terminated ones too."""
        return list(self._machines.values())

    def adopt(self, instance: Any, given: set[str]) -> None:
        """Takes over a new instance: it is pending until its container runs. Interfaces that were there before it stay when it goes."""
        own = [interface.id for interface in instance.nics.values() if interface.id not in given]
        self._machines[instance.id] = Machine(instance, own)
        set_state(instance, PENDING)
        self.later(self.create, instance)

    def later(self, job: Callable[[Any], None], instance: Any) -> None:
        """Does a job in the background, as the API answers before a state is reached."""
        threading.Thread(target=self._guarded, args=(job, instance), daemon=True).start()

    def _guarded(self, job: Callable[[Any], None], instance: Any) -> None:
        with self.of(instance).lock:
            try:
                job(instance)
            except Exception as error:  # noqa: BLE001 (whatever it is, the instance must show it)
                log("failed:", instance.id, job.__name__, error)
                set_state(instance, TERMINATED if job == self.create else STOPPED)
                instance.state_reason = StateReason(f"Server.InternalError: {error}", "Server.InternalError")
        self.changed()

    def create(self, instance: Any) -> None:
        """Starts a new instance's container."""
        if instance._state.name != "pending":
            return  # terminated before it came to life
        folder = self._settings.state_dir / instance.id
        boots = self._write_seed(instance, folder)
        name = self.container(instance)
        hosts = [word for host in REGISTRY_HOSTS for word in ("--add-host", f"{host}:{REGISTRY_ADDRESS}")]
        docker(
            "run", "-d", "-t", "--name", name, "--hostname", _host_name(instance),
            "--label", self._settings.label, "--label", f"instance={instance.id}",
            "--network", self._addresses.network(instance.ec2_backend.get_vpc(instance.vpc_id)), "--ip", instance.private_ip,
            *_OPTIONS, *(_DEVICES if self._settings.devices else []), *hosts,
            # Else Docker's own resolver on 127.0.0.11, which a Docker engine on the machine cannot hand on to its containers.
            "-v", f"{folder}/resolv.conf:/etc/resolv.conf:ro",
            "-v", f"{name}:/var/lib/docker", "-v", f"{folder}/seed:/var/lib/cloud/seed/nocloud:ro",
            "-v", f"{folder}/98-image.cfg:/etc/cloud/cloud.cfg.d/98-image.cfg:ro",
            "-v", f"{folder}/slow.conf:/etc/systemd/system/cloud-final.service.d/slow.conf:ro",
            self._settings.image, *([] if boots else ["sleep", "infinity"]),
        )  # fmt: skip
        set_state(instance, RUNNING)

    def _write_seed(self, instance: Any, folder: Path) -> bool:
        """Writes what cloud-init reads: the instance's data, its user data, its image's login user. False: it shall not boot."""
        (folder / "seed").mkdir(parents=True, exist_ok=True)
        image = instance.ec2_backend.describe_images(ami_ids=[instance.image_id])[0]
        key = instance.ec2_backend.key_pairs.get(instance.key_name)
        meta: dict[str, Any] = {"instance-id": instance.id, "local-hostname": _host_name(instance)}
        if key:
            meta["public-keys"] = [key.public_key.strip()]
        user = {
            "name": login_user(image.name or ""), "lock_passwd": True, "gecos": "practice", "groups": ["adm", "sudo"],
            "sudo": ["ALL=(ALL) NOPASSWD:ALL"], "shell": "/bin/bash",
        }  # fmt: skip
        configuration = {"datasource_list": ["NoCloud", "None"], "system_info": {"default_user": user}}
        user_data = base64.b64decode(instance.user_data.as_bytes()) if instance.user_data else b""
        (folder / "seed" / "meta-data").write_text(json.dumps(meta), encoding="utf-8")
        (folder / "seed" / "user-data").write_bytes(user_data)
        (folder / "98-image.cfg").write_text(json.dumps(configuration), encoding="utf-8")
        (folder / "resolv.conf").write_text(resolver_configuration(), encoding="utf-8")
        delay = self._faults.active.slowCloudInit
        slow = f"[Service]\nExecStartPre=/bin/sleep {delay}\n" if delay else "# No delay was asked for.\n"
        (folder / "slow.conf").write_text(slow, encoding="utf-8")
        return not self._faults.active.noBoot

    def start(self, instance: Any) -> None:
        """Starts a stopped machine."""
        self._begins(instance)
        docker("start", self.container(instance))
        set_state(instance, RUNNING)

    def stop(self, instance: Any) -> None:
        """Shuts a machine down, as its power button would, and pulls the plug after 20 s."""
        docker("stop", "-t", "20", self.container(instance))
        set_state(instance, STOPPED)

    def reboot(self, instance: Any) -> None:
        """Restarts a machine."""
        self._begins(instance)
        docker("restart", "-t", "20", self.container(instance))

    def remove(self, instance: Any) -> None:
        """Removes a machine with all it has stored."""
        name = self.container(instance)
        docker("rm", "-f", "-v", name, check=False)
        docker("volume", "rm", "-f", name, check=False)
        shutil.rmtree(self._settings.state_dir / instance.id, ignore_errors=True)
        # The primary interface goes with its instance on AWS; moto keeps it for ever, and with it the group's "in use".
        for interface in instance.nics.values():
            if interface.id in self.of(instance).own_interfaces and interface.id in instance.ec2_backend.enis:
                interface.delete()
        set_state(instance, TERMINATED)

    def _begins(self, instance: Any) -> None:
        machine = self.of(instance)
        machine.reachable, machine.since = False, time.time()


def _host_name(instance: Any) -> str:
    return f"ip-{instance.private_ip.replace('.', '-')}"
