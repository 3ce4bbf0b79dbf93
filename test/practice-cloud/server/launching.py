"""RunInstances as AWS does it, where moto does less."""

from __future__ import annotations

import threading
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.instances import InstanceResponse

from .faults import NO_CAPACITY, Faults
from .hooks import refuse, wrap
from .machines import Machines

_MOTO_DEFAULT_TOKEN = "ABCDE"
_ROOT_GIB = 8
_AMAZON_OWNER = "137112412989"


def install(machines: Machines, faults: Faults) -> None:
    """Hooks into RunInstances and the images."""
    _install_images()
    _install_request(faults)
    tokens: dict[tuple[str, str], tuple[str, Any]] = {}
    lock = threading.RLock()

    @wrap(InstanceBackend, "run_instances")
    def run_instances(original: Any, self: Any, image_id: str, count: int, user_data: Any, group_names: list[str], **wanted: Any) -> Any:
        token = wanted.get("client_token") or ""
        counts = bool(token) and token != _MOTO_DEFAULT_TOKEN
        without_token = {key: value for key, value in wanted.items() if key != "client_token"}
        arguments = repr((image_id, count, user_data and user_data.as_bytes(), group_names, without_token))
        with lock:
            if counts and (self.region_name, token) in tokens:
                earlier, reservation = tokens[self.region_name, token]
                if earlier != arguments:
                    message = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
                    raise refuse("IdempotentParameterMismatch", message)
                return reservation
            _check(self, image_id, wanted)
            interfaces = wanted.get("nics") or []
            given = {interface["NetworkInterfaceId"] for interface in interfaces if interface.get("NetworkInterfaceId")}
            described = [interface for interface in interfaces if not interface.get("NetworkInterfaceId")]
            for interface in described:
                # As AWS does: in the default network where nothing else is said.
                subnets = {} if interface.get("SubnetId") else self.get_default_subnets()
                if subnets:
                    interface["SubnetId"] = (subnets.get(wanted.get("placement")) or next(iter(subnets.values()))).id
            if not wanted.get("subnet_id") and not interfaces:
                # Without a subnet moto gives an address that is in none: take the default subnet, as AWS does.
                subnets = self.get_default_subnets()
                if subnets:
                    wanted["subnet_id"] = (subnets.get(wanted.get("placement")) or next(iter(subnets.values()))).id
                wanted.setdefault("associate_public_ip", None)
            reservation = original(self, image_id, count, user_data, group_names, **wanted)
            for instance in reservation.instances:
                if described and not instance.security_groups:
                    # moto tells the groups of the interface at the interface alone.
                    instance.security_groups = list(next(iter(instance.nics.values())).group_set)
                machines.adopt(instance, given)
            if counts:
                tokens[self.region_name, token] = (arguments, reservation)
        return reservation


def _check(backend: Any, image_id: str, wanted: dict[str, Any]) -> None:
    key = wanted.get("key_name")
    if key and key not in backend.key_pairs:
        raise refuse("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    kind = wanted.get("instance_type")
    image = backend.describe_images(ami_ids=[image_id])[0]
    known = backend.describe_instance_types([kind]) if kind and not wanted.get("is_instance_type_default") else []
    for entry in known:
        offered = entry.get("ProcessorInfo", {}).get("SupportedArchitectures", [])
        if offered and image.architecture not in offered:
            raise refuse(
                "InvalidParameterValue",
                f"The architecture '{','.join(offered)}' of the specified instance type does not match the architecture "
                f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
            )
    for mapping in wanted.get("block_device_mappings") or []:
        size = mapping["Ebs"].get("VolumeSize")
        if mapping["DeviceName"] == image.root_device_name and size is not None and int(size) < _ROOT_GIB:
            snapshot = image.ebs_snapshot.id
            message = f"Volume of size {size}GB is smaller than snapshot '{snapshot}', expect size >= {_ROOT_GIB}GB"
            raise refuse("InvalidBlockDeviceMapping", message)


def _install_request(faults: Faults) -> None:
    @wrap(InstanceResponse, "run_instances")
    def run_instances(original: Any, self: Any) -> Any:
        least, most = int(self._get_param("MinCount", 1)), int(self._get_param("MaxCount", 1))
        if most < least:
            raise refuse("InvalidParameterValue", "Value for maxCount must not be less than minCount")
        room = faults.active.room
        if room is not None and room < least:
            raise refuse("InsufficientInstanceCapacity", NO_CAPACITY)
        most = most if room is None else min(most, room)
        self.params["MinCount"] = most  # moto launches MinCount of them, AWS as many of MaxCount as it can
        self.params["BlockDeviceMappings"] = _with_root(self, self._get_param("BlockDeviceMappings", []))
        answer = original(self)
        for instance in answer.result.instances:
            instance.disable_api_termination = bool(self._get_param("DisableApiTermination"))
        return answer


def _with_root(response: Any, mappings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mappings with what the image itself says about the root volume filled in."""
    images = response.ec2_backend.describe_images(ami_ids=[response._get_param("ImageId")]) if response._get_param("ImageId") else []
    if not images:
        return mappings
    root = images[0].root_device_name
    given = next((entry for entry in mappings if entry.get("DeviceName") == root), {})
    defaults = {"VolumeSize": _ROOT_GIB, "VolumeType": "gp3", "DeleteOnTermination": True}
    merged = {"DeviceName": root, "Ebs": {**defaults, **given.get("Ebs", {})}}
    return [merged, *(entry for entry in mappings if entry is not given)]


def _install_images() -> None:
    def mappings(image: Any) -> list[dict[str, Any]]:
        disk = {
            "SnapshotId": image.ebs_snapshot.id,
            "VolumeSize": _ROOT_GIB,
            "VolumeType": "gp3",
            "DeleteOnTermination": True,
            "Encrypted": False,
        }
        return [{"DeviceName": image.root_device_name, "Ebs": disk}]

    Ami.block_device_mappings = property(mappings)  # type: ignore[assignment, method-assign]

    @wrap(AmiBackend, "_load_amis")
    def load(original: Any, self: Any) -> None:
        original(self)
        for image in self.amis.values():
            image.owner_alias = "amazon" if image.owner_id == _AMAZON_OWNER else None

    @wrap(Ami, "get_filter_value")
    def filter_value(original: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
        plain = {
            "root-device-type": self.root_device_type, "image-type": self.image_type, "hypervisor": self.hypervisor,
            "description": self.description, "root-device-name": self.root_device_name, "ena-support": "true",
            "creation-date": self.creation_date.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }  # fmt: skip
        return plain[filter_name] if filter_name in plain else original(self, filter_name, method_name)
