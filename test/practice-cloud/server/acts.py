"""What AWS lets people do to single instances, where moto does less: attributes, groups, hibernation, the picture of the screen, the
default network's way out."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.route_tables import RouteBackend
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse

from .hooks import refuse, wrap

# A JPEG of eight by eight dark points: a screen with nothing on it.
_SCREEN = (
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)


def install() -> None:
    """Hooks that need nothing of the practice cloud's own."""

    @wrap(InstanceResponse, "modify_instance_attribute")
    def modify(original: Any, self: Any) -> Any:
        # moto takes what it does not know for a change to no security groups at all.
        behavior = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        if behavior is not None:
            if behavior not in ("stop", "terminate"):
                raise refuse("InvalidParameterValue", f"Value ({behavior}) for parameter instanceInitiatedShutdownBehavior is invalid.")
            self.ec2_backend.get_instance(self._get_param("InstanceId")).instance_initiated_shutdown_behavior = behavior
            return ActionResult({})
        return original(self)

    @wrap(InstanceBackend, "modify_instance_attribute")
    def modify_attribute(original: Any, self: Any, instance_id: str, key: str, value: Any) -> Any:
        if key == "instance_type":
            _check_type(self, instance_id, value)
        if key == "disable_api_termination":
            value = str(value).lower() == "true"
        return original(self, instance_id, key, value)

    @wrap(InstanceBackend, "modify_instance_security_groups")
    def modify_groups(original: Any, self: Any, instance_id: str, new_group_id_list: list[str]) -> Any:
        if not new_group_id_list:
            raise refuse("InvalidParameterValue", "You must specify at least one security group.")
        instance = original(self, instance_id, new_group_id_list)
        # The interface is what the groups guard.
        instance.nics[0]._group_set = list(instance.security_groups)
        return instance

    @wrap(InstanceResponse, "stop_instances")
    def stop(original: Any, self: Any) -> Any:
        if str(self._get_param("Hibernate", "")).lower() == "true":
            for instance_id in self._get_param("InstanceIds", []):
                if not _hibernates(self.ec2_backend.get_instance(instance_id)):
                    message = f"Instance {instance_id} is not configured for hibernation."
                    raise refuse("UnsupportedHibernationConfiguration", message)
        return original(self)

    def get_console_screenshot(self: Any) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        if instance._state.name != "running":
            raise refuse("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'running' state.")
        return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "ImageData": Base64EncodedString(_SCREEN)})

    @wrap(RouteBackend, "describe_route_tables")
    def route_tables(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        _lead_out(self)
        return original(self, *args, **kwargs)

    General.get_console_screenshot = get_console_screenshot  # type: ignore[attr-defined]


def _lead_out(backend: Any) -> None:
    """Gives the default network its internet gateway and the route to it, as every account on AWS has them."""
    vpc = backend.get_default_vpc()
    attached = any(gateway.vpc and gateway.vpc.id == vpc.id for gateway in backend.internet_gateways.values()) if vpc else True
    if attached:
        return
    gateway = backend.create_internet_gateway()
    backend.attach_internet_gateway(gateway.id, vpc.id)
    main = next(table for table in backend.route_tables.values() if table.vpc_id == vpc.id and table.main_association_id)
    backend.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)


def _hibernates(instance: Any) -> bool:
    return str((instance.hibernation_options or {}).get("Configured", "")).lower() == "true"


def _check_type(backend: Any, instance_id: str, kind: str) -> None:
    known = [entry for entry in backend.instance_types if entry["InstanceType"] == kind]
    if not known:
        raise refuse("InvalidInstanceAttributeValue", f"Invalid value '{kind}' for InstanceType.")
    offered = known[0].get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    architecture = backend.get_instance(instance_id).architecture
    if offered and architecture not in offered:
        message = f"The architecture '{','.join(offered)}' of the specified instance type does not match the architecture '{architecture}'."
        raise refuse("InvalidParameterValue", message)
