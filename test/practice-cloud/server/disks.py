"""What AWS holds people to with disks, copies of them and images, where moto is laxer or does less."""

from __future__ import annotations

import threading
from typing import Any

from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from .hooks import refuse, wrap


def install() -> None:
    """Hooks that need nothing of the practice cloud's own."""
    _install_volumes()
    _install_copies()


def _install_volumes() -> None:
    tokens: dict[tuple[str, str], Any] = {}
    lock = threading.RLock()

    @wrap(ElasticBlockStore, "create_volume")
    def create(original: Any, self: Any) -> Any:
        token = self._get_param("ClientToken")
        with lock:
            key = (self.region, token or "")
            if token and key in tokens:
                return tokens[key]
            answer = original(self)
            if token:
                tokens[key] = answer
        return answer

    @wrap(EBSBackend, "create_volume")
    def check_size(original: Any, self: Any, size: Any, zone_name: str, snapshot_id: str | None = None, **wanted: Any) -> Any:
        least = int(self.get_snapshot(snapshot_id).volume_size) if snapshot_id else 1
        if size is not None and int(size) < least:
            raise refuse("InvalidParameterValue", f"Volume of {size}GiB is smaller than snapshot {snapshot_id}, expect size >= {least}GiB")
        return original(self, int(size) if size is not None else None, zone_name, snapshot_id=snapshot_id, **wanted)

    @wrap(EBSBackend, "attach_volume")
    def attach(original: Any, self: Any, volume_id: str, instance_id: str, device_path: str, *args: Any, **kwargs: Any) -> Any:
        volume, instance = self.get_volume(volume_id), self.get_instance(instance_id)
        if volume.attachment:
            raise refuse("VolumeInUse", f"{volume_id} is already attached to an instance")
        if volume.availability_zone != instance._placement.zone:
            raise refuse("InvalidVolume.ZoneMismatch", f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'")
        if device_path in instance.block_device_mapping:
            raise refuse("InvalidParameterValue", f"Invalid value '{device_path}' for unixDevice. Attachment point {device_path} is already in use")
        return original(self, volume_id, instance_id, device_path, *args, **kwargs)

    @wrap(EBSBackend, "detach_volume")
    def detach(original: Any, self: Any, volume_id: str, instance_id: str | None, device_path: str | None) -> Any:
        # The machine need not be named.
        attachment = self.get_volume(volume_id).attachment
        if not attachment:
            raise refuse("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
        return original(self, volume_id, instance_id or attachment.instance.id, device_path or attachment.device)

    @wrap(EBSBackend, "modify_volume")
    def modify(original: Any, self: Any, volume_id: str, target_size: Any = None, *args: Any, **kwargs: Any) -> Any:
        size = int(target_size) if target_size is not None else None
        if size is not None and size < int(self.get_volume(volume_id).size):
            raise refuse("InvalidParameterValue", "New size cannot be smaller than existing size")
        return original(self, volume_id, size, *args, **kwargs)


def _install_copies() -> None:
    @wrap(ElasticBlockStore, "describe_snapshots")
    def describe(original: Any, self: Any) -> Any:
        answer = original(self)
        if "self" in self._get_param("OwnerIds", []):
            # moto answers those of all owners.
            own = self.ec2_backend.account_id
            answer.result["Snapshots"] = [one for one in answer.result["Snapshots"] if one.owner_id == own and not _foreign(self, one)]
        return answer

    def _foreign(response: Any, snapshot: Any) -> bool:
        image = response.ec2_backend.amis.get(snapshot.from_ami) if snapshot.from_ami else None
        return image is not None and image.owner_id != response.ec2_backend.account_id

    @wrap(AmiBackend, "create_image")
    def create_image(original: Any, self: Any, instance_id: str, name: str, description: str, tag_specifications: list[dict[str, Any]]) -> Any:
        if any(image.name == name and image.owner_id == self.account_id for image in self.amis.values()):
            raise refuse("InvalidAMIName.Duplicate", f"AMI name {name} is already in use")
        of_image = [one for one in tag_specifications if one["ResourceType"] != "snapshot"]
        image = original(self, instance_id, name, description, of_image)
        for one in tag_specifications:
            if one["ResourceType"] == "snapshot":
                image.ebs_snapshot.add_tags({tag["Key"]: tag["Value"] for tag in one["Tags"]})
        return image
