"""Instance states: what the API's calls do to the machines, and what the machines' own shutdowns do to the states."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import Instance, InstanceBackend, StateReason

from .engine import containers, docker, log
from .hooks import refuse, wrap
from .machines import PENDING, RUNNING, SHUTTING_DOWN, STOPPED, STOPPING, Machine, Machines, set_state
from .settings import Settings

# reboot(2) ends a container's init with SIGHUP (128 + 1), halt and poweroff with SIGINT.
_ENDED_BY_REBOOT = 129
_IMPAIRED_AFTER_SECONDS = 120
# systemd prints the target's name in bold.
_UP = re.compile(r"Reached target (\x1b\[[0-9;]*m)?multi-user\.target")


def install(machines: Machines) -> None:
    """Ties StartInstances, StopInstances, RebootInstances, TerminateInstances and the status checks to the machines."""

    def transition(
        call: str, allowed: tuple[str, ...], harmless: tuple[str, ...], state: tuple[str, int] | None, job: Callable[[Any], None]
    ) -> None:
        @wrap(Instance, call)
        def changed(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
            previous = copy.copy(self._state)
            if previous.name in harmless:
                return previous
            if previous.name not in allowed:
                raise refuse("IncorrectInstanceState", f"The instance '{self.id}' is not in a state from which it can be {_PAST[call]}.")
            original(self, *args, **kwargs)
            if state:
                set_state(self, state)
            machines.later(job, self)
            machines.changed()
            return previous

    transition("start", ("stopped",), ("running", "pending"), PENDING, machines.start)
    transition("stop", ("running", "pending"), ("stopped", "stopping"), STOPPING, machines.stop)
    transition("reboot", ("running",), (), None, machines.reboot)
    transition("terminate", ("running", "pending", "stopped", "stopping"), ("terminated", "shutting-down"), SHUTTING_DOWN, machines.remove)

    def status(instance: Any) -> dict[str, Any]:
        if instance.state_code != RUNNING[1]:
            return {"Status": "not-applicable"}
        machine = machines.of(instance)
        if machine.reachable:
            name, detail = "ok", "passed"
        elif time.time() - machine.since > _IMPAIRED_AFTER_SECONDS:
            name, detail = "impaired", "failed"
        else:
            name, detail = "initializing", "initializing"
        return {"Status": name, "Details": [{"Name": "reachability", "Status": detail}]}

    Instance.instance_status = Instance.system_status = property(status)  # type: ignore[assignment, method-assign]

    @wrap(InstanceBackend, "modify_instance_attribute")
    def modify(original: Any, self: Any, instance_id: str, key: str, value: Any) -> Any:
        if key in ("instance_type", "user_data") and self.get_instance(instance_id)._state.name != "stopped":
            raise refuse("IncorrectInstanceState", f"The instance '{instance_id}' is not in the 'stopped' state.")
        return original(self, instance_id, key, value)


_PAST = {"start": "started", "stop": "stopped", "reboot": "rebooted", "terminate": "terminated"}


class Follower:
    """Once a second: brings the states into line with what the containers did by themselves (`sudo poweroff`, a crash)."""

    def __init__(self, settings: Settings, machines: Machines) -> None:
        self._settings = settings
        self._machines = machines

    def look(self) -> None:
        """One look at all machines."""
        alive = [machine for machine in self._machines.all() if machine.instance._state.name != "terminated"]
        if not alive:
            return
        listed = containers(self._settings.label)
        for machine in alive:
            entry = listed.get(machine.instance.id)
            try:
                self._compare(machine, entry["State"] if entry else None)
            except Exception as error:  # noqa: BLE001 (the others still have to be looked at)
                log("following", machine.instance.id, repr(error))

    def _compare(self, machine: Machine, container: str | None) -> None:
        state = machine.instance._state.name
        if container == "running":
            machine.missing_once = False
            if state == "running" and not machine.reachable:
                name = self._machines.container(machine.instance)
                since = docker("inspect", "-f", "{{.State.StartedAt}}", name)
                machine.reachable = _UP.search(docker("logs", "--since", since, name)) is not None
        elif state == "running" and container in ("exited", None) and machine.lock.acquire(blocking=False):
            try:
                # Looked at twice: a container that `docker restart` is restarting is down for a moment, too.
                if container and not machine.missing_once:
                    machine.missing_once = True
                else:
                    self._went_down(machine, container)
            finally:
                machine.lock.release()

    def _went_down(self, machine: Machine, container: str | None) -> None:
        instance = machine.instance
        code = int(docker("inspect", "-f", "{{.State.ExitCode}}", self._machines.container(instance))) if container else 0
        machine.missing_once = False
        if code == _ENDED_BY_REBOOT:
            self._machines.start(instance)
        elif container is None or instance.instance_initiated_shutdown_behavior == "terminate":
            instance.terminate()
        else:
            for interface in instance.nics.values():
                interface.stop()
            set_state(instance, STOPPED)
            reason = "Client.InstanceInitiatedShutdown"
            instance.state_reason = StateReason(f"{reason}: Instance initiated shutdown", reason)
