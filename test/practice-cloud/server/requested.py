"""What RunInstances asks for and moto forgets: spot requests, placement, IPv6 addresses of a described interface, roles of all machines."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance
from moto.ec2.models.spot_requests import SpotInstanceRequest
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import random_spot_request_id

from .hooks import refuse, wrap


def install() -> None:
    """Hooks that need nothing of the practice cloud's own."""
    _install_placement_groups()

    @wrap(Instance, "prep_nics")
    def prep_nics(original: Any, self: Any, nic_spec: list[dict[str, Any]], **wanted: Any) -> Any:
        for card in nic_spec:
            # moto reads the number at the instance alone.
            if card.get("Ipv6AddressCount"):
                wanted["ipv6_address_count"] = int(card["Ipv6AddressCount"])
        subnet = next((card.get("SubnetId") for card in nic_spec if card.get("SubnetId")), self.subnet_id)
        if wanted.get("ipv6_address_count") and subnet and not self.ec2_backend.get_subnet(subnet).ipv6_cidr_block_associations:
            raise refuse("InvalidParameterValue", f"The subnet {subnet} has no IPv6 CIDR block associated with it.")
        return original(self, nic_spec, **wanted)

    @wrap(InstanceResponse, "run_instances")
    def run_instances(original: Any, self: Any) -> Any:
        group = self._get_param("Placement.GroupName")
        if group and group not in _groups(self.ec2_backend):
            raise refuse("InvalidPlacementGroup.Unknown", f"The Placement Group '{group}' is unknown.")
        if str(self._get_param("HibernationOptions.Configured", "")).lower() == "true" and not _encrypted(self):
            raise refuse("InvalidParameterCombination", "The root volume must be encrypted for hibernation.")
        answer = original(self)
        for instance in answer.result.instances:
            instance._placement.group_name = group or ""
            instance._placement.tenancy = self._get_param("Placement.Tenancy") or "default"
            if self._get_param("InstanceMarketOptions.MarketType") == "spot":
                _note_spot_request(self, instance)
            profile = self._get_param("IamInstanceProfile.Name")
            if profile and instance.id not in self.ec2_backend.iam_instance_profile_associations:
                # moto gives it to the first alone.
                self.ec2_backend.associate_iam_instance_profile(instance_id=instance.id, iam_instance_profile_name=profile)
        return answer


def _encrypted(response: Any) -> bool:
    mappings = response._get_param("BlockDeviceMappings", [])
    return bool(mappings) and str(mappings[0].get("Ebs", {}).get("Encrypted", "")).lower() == "true"


def _note_spot_request(response: Any, instance: Any) -> None:
    """The request that stands behind a spot machine; moto makes one only for RequestSpotInstances, with a machine of its own."""
    options = response._get_param("InstanceMarketOptions.SpotOptions", {})
    request = SpotInstanceRequest.__new__(SpotInstanceRequest)
    request.ec2_backend = response.ec2_backend
    request.id = random_spot_request_id()
    request.state, request._status_code, request.status_message = "active", "fulfilled", ""
    request.price = options.get("MaxPrice")
    request.type = options.get("SpotInstanceType", "one-time")
    request.instance_interruption_behaviour = options.get("InstanceInterruptionBehavior", "terminate")
    request.valid_from = request.valid_until = request.launch_group = request.availability_zone_group = None
    request.launch_specification = None
    request.instance = instance
    request.add_tags(response._parse_tag_specification().get("spot-instances-request", {}))
    response.ec2_backend.spot_instance_requests[request.id] = request
    instance.spot_instance_request_id = request.id


def _groups(backend: Any) -> dict[str, dict[str, Any]]:
    return backend.__dict__.setdefault("skylab_placement_groups", {})  # type: ignore[no-any-return]


def _install_placement_groups() -> None:
    def create_placement_group(self: Any) -> ActionResult:
        name = self._get_param("GroupName")
        group = {"GroupName": name, "Strategy": self._get_param("Strategy") or "cluster", "State": "available"}
        _groups(self.ec2_backend)[name] = group
        return ActionResult({"PlacementGroup": group})

    def describe_placement_groups(self: Any) -> ActionResult:
        return ActionResult({"PlacementGroups": list(_groups(self.ec2_backend).values())})

    def delete_placement_group(self: Any) -> ActionResult:
        _groups(self.ec2_backend).pop(self._get_param("GroupName"), None)
        return ActionResult({})

    General.create_placement_group = create_placement_group  # type: ignore[attr-defined]
    General.describe_placement_groups = describe_placement_groups  # type: ignore[attr-defined]
    General.delete_placement_group = delete_placement_group  # type: ignore[attr-defined]
