"""The public images on offer: names, owners and naming schemes as on AWS. All boot the practice machine's Debian."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Image:
    """One AMI. `parameter` is the public SSM parameter that names it, where it is the newest of its kind."""

    owner: str
    name: str
    description: str
    created: str
    architecture: str = "x86_64"
    root_device: str = "/dev/sda1"
    parameter: str = ""

    @property
    def id(self) -> str:
        """Made from the name, so that it stays the same from run to run."""
        return f"ami-0{hashlib.sha256(self.name.encode()).hexdigest()[:16]}"


_DEBIAN, _CANONICAL, _AMAZON, _ROCKY, _CENTOS = "136693071363", "099720109477", "137112412989", "792107900819", "125523088429"


def _debian(version: str, stamp: str, created: str, arch: str = "amd64", newest: bool = True) -> Image:
    return Image(
        _DEBIAN, f"debian-{version}-{arch}-{stamp}", f"Debian {version} ({stamp})", created,
        "arm64" if arch == "arm64" else "x86_64", "/dev/xvda", f"/aws/service/debian/release/{version}/latest/{arch}" if newest else "",
    )  # fmt: skip


def _ubuntu(version: str, codename: str, disk: str, created: str, arch: str = "amd64", newest: bool = True) -> Image:
    name = f"ubuntu/images/hvm-{disk}/ubuntu-{codename}-{version}-{arch}-server-{created[:10].replace('-', '')}"
    volume = "ebs-gp3" if disk == "ssd-gp3" else "ebs-gp2"
    parameter = f"/aws/service/canonical/ubuntu/server/{version}/stable/current/{arch}/hvm/{volume}/ami-id"
    description = f"Canonical, Ubuntu, {version}, {arch} {codename} image"
    return Image(_CANONICAL, name, description, created, "arm64" if arch == "arm64" else "x86_64", "/dev/sda1", parameter if newest else "")


def _amazon(release: str, created: str, arch: str = "x86_64", newest: bool = True) -> Image:
    return Image(
        _AMAZON, f"al2023-ami-{release}-kernel-6.12-{arch}", f"Amazon Linux 2023 AMI {release} {arch} HVM kernel-6.12", created, arch,
        "/dev/xvda", f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}" if newest else "",
    )  # fmt: skip


IMAGES = [
    _debian("13", "20260601-2495", "2026-06-01T10:02:11.000Z"),
    _debian("13", "20260303-2405", "2026-03-03T09:41:50.000Z", newest=False),
    _debian("13", "20260601-2495", "2026-06-01T10:04:02.000Z", arch="arm64"),
    _debian("12", "20260517-2480", "2026-05-17T08:12:37.000Z"),
    _ubuntu("26.04", "resolute", "ssd-gp3", "2026-06-04T05:10:44.000Z"),
    _ubuntu("24.04", "noble", "ssd-gp3", "2026-06-03T06:22:19.000Z"),
    _ubuntu("24.04", "noble", "ssd-gp3", "2026-02-12T06:31:08.000Z", newest=False),
    _ubuntu("24.04", "noble", "ssd-gp3", "2026-06-03T06:24:51.000Z", arch="arm64"),
    _ubuntu("22.04", "jammy", "ssd", "2026-06-02T04:55:30.000Z"),
    _amazon("2023.8.20260608.0", "2026-06-08T19:30:12.000Z"),
    _amazon("2023.7.20260210.0", "2026-02-10T19:28:41.000Z", newest=False),
    _amazon("2023.8.20260608.0", "2026-06-08T19:33:05.000Z", arch="arm64"),
    Image(_ROCKY, "Rocky-10-EC2-Base-10.1-20260520.0.x86_64", "Rocky-10-EC2-Base-10.1-20260520.0.x86_64", "2026-05-20T14:00:09.000Z"),
    Image(_ROCKY, "Rocky-9-EC2-Base-9.7-20260511.0.x86_64", "Rocky-9-EC2-Base-9.7-20260511.0.x86_64", "2026-05-11T13:20:55.000Z"),
    Image(_CENTOS, "CentOS Stream 10 x86_64 20260602", "CentOS Stream 10 x86_64 20260602", "2026-06-02T11:45:33.000Z"),
]

# The start of an image's name tells the login user, as the distributions document it.
_USERS = (("ubuntu", "ubuntu"), ("debian", "admin"), ("rocky", "rocky"), ("centos", "ec2-user"), ("al20", "ec2-user"))


def login_user(image_name: str) -> str:
    """The login user of an image: admin on Debian, ubuntu, ec2-user on Amazon Linux and CentOS Stream, rocky."""
    lower = image_name.lower()
    return next((user for start, user in _USERS if lower.startswith(start)), "ec2-user")


def write_images(path: Path) -> None:
    """Writes the file that moto reads its images from (MOTO_AMIS_PATH), which it does when it is imported."""
    entries = [
        {
            "ami_id": image.id, "owner_id": image.owner, "name": image.name, "description": image.description,
            "architecture": image.architecture, "root_device_name": image.root_device, "creation_date": image.created,
            "image_location": f"amazon/{image.name}", "image_type": "machine", "public": True, "platform": None,
            "state": "available", "hypervisor": "xen", "root_device_type": "ebs", "sriov": "simple", "virtualization_type": "hvm",
        }
        for image in IMAGES
    ]  # fmt: skip
    path.write_text(json.dumps(entries), encoding="utf-8")


def install_parameters() -> None:
    """Puts the images' public parameters into SSM; PutParameter refuses names below /aws, so they are put in from inside."""
    from moto.core.utils import utcnow
    from moto.ssm.models import Parameter, ParameterDict

    original = ParameterDict.__init__

    def init(self: Any, account_id: str, region_name: str) -> None:
        original(self, account_id, region_name)
        self.latest_amis_loaded = True
        for image in IMAGES:
            if image.parameter:
                self[image.parameter].append(
                    Parameter(  # type: ignore[abstract]
                        account_id=account_id,
                        name=image.parameter,
                        value=image.id,
                        parameter_type="String",
                        description=None,
                        allowed_pattern=None,
                        keyid=None,
                        last_modified_date=utcnow(),
                        version=1,
                        data_type="aws:ec2:image",
                    )  # fmt: skip
                )

    ParameterDict.__init__ = init  # type: ignore[method-assign]
