"""What EC2 knows of a machine's own shutdown and of its starts, and moto does not."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse

from .hooks import wrap

_BEHAVIOR = "InstanceInitiatedShutdownBehavior"


def install() -> None:
    """Hooks that need nothing of the practice cloud's own; after those of lifecycle.py, which may refuse a start."""

    @wrap(InstanceResponse, "_dot_value_instance_attribute_handler")
    def attribute(original: Any, self: Any) -> bool:
        # moto passes over it, and then takes the call for one that removes all security groups.
        value = self._get_param(f"{_BEHAVIOR}.Value")
        if value is None:
            return bool(original(self))
        self.error_on_dryrun()
        self.ec2_backend.modify_instance_attribute(self._get_param("InstanceId"), "instance_initiated_shutdown_behavior", value)
        return True

    @wrap(Instance, "start")
    def start(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        previous = original(self, *args, **kwargs)
        if previous.name == "stopped":
            # AWS's LaunchTime is that of the last start.
            self.launch_time = utcnow()
        return previous
