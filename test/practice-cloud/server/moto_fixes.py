"""Where moto is laxer than AWS: keys, security groups, addresses, volumes, metadata options."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.key_pairs import KeyPairBackend
from moto.ec2.models.security_groups import SecurityGroupBackend

from .hooks import refuse, wrap


def install() -> None:
    """Hooks that need nothing of the practice cloud's own."""

    @wrap(KeyPairBackend, "import_key_pair")
    def import_key_pair(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        return _with_fingerprint(original(self, *args, **kwargs))

    @wrap(KeyPairBackend, "create_key_pair")
    def create_key_pair(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        return _with_fingerprint(original(self, *args, **kwargs))

    @wrap(SecurityGroupBackend, "_delete_security_group")
    def delete_group(original: Any, self: Any, vpc_id: str | None, group_id: str) -> Any:
        attached = any(group.id == group_id for interface in self.enis.values() for group in interface.group_set)
        named = any(
            rule.source_group.get("GroupId") == group_id
            for groups in self.groups.values()
            for group in groups.values()
            if group.id != group_id
            for rule in group.ingress_rules + group.egress_rules
        )
        if attached or named:
            raise refuse("DependencyViolation", f"resource {group_id} has a dependent object")
        return original(self, vpc_id, group_id)

    @wrap(ElasticAddressBackend, "release_address")
    def release_address(original: Any, self: Any, address: str | None = None, allocation_id: str | None = None) -> Any:
        found = (self.address_by_ip([address]) if address else self.address_by_allocation([allocation_id]))[0]
        if found.association_id and allocation_id:
            raise refuse("InvalidIPAddress.InUse", f"Address {found.public_ip} is in use.")
        return original(self, address, allocation_id)

    @wrap(InstanceBackend, "modify_instance_metadata_options")
    def modify_metadata(original: Any, self: Any, instance_id: str, **wanted: Any) -> Any:
        # moto resets what the call does not name.
        now = self.get_instance(instance_id).metadata_options
        kept = {
            "http_tokens": now.http_tokens, "hop_limit": now.http_put_response_hop_limit, "http_endpoint": now.http_endpoint,
            "http_protocol": now.http_protocol_ipv6, "metadata_tags": now.instance_metadata_tags,
        }  # fmt: skip
        return original(self, instance_id, **{key: kept.get(key) if value is None else value for key, value in wanted.items()})

    def delete_on_termination(attachment: Any) -> bool | None:
        mappings = attachment.instance.get_block_device_mapping
        return next((device.delete_on_termination for _, device in mappings if device.volume_id == attachment.volume_id), None)

    VolumeAttachment.delete_on_termination = property(delete_on_termination)  # type: ignore[attr-defined]


def _with_fingerprint(key: Any) -> Any:
    """AWS gives ed25519 fingerprints as `ssh-keygen -l` does (base64 SHA-256), moto in hexadecimal."""
    if key.key_type == "ed25519":
        blob = base64.b64decode(key.public_key.split()[1])
        key.key_fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return key
