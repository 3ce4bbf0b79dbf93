"""
Whose requests are answered: the signature of each is verified as AWS does it (Signature Version 4), which moto leaves out.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote

import boto3

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})"
)
_CLOCK_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Credentials:
    """One access key. With `session_token` it is a temporary one; `read_only` keys may only look."""

    secret: str
    session_token: str = ""
    expired: bool = False
    read_only: bool = False


KEYS = {
    "AKIAPRACTICE00000001": Credentials("practice"),
    "AKIAPRACTICEREADONLY": Credentials("practice", read_only=True),
    "ASIAPRACTICE00000001": Credentials("practice", session_token="practice-session"),
    "ASIAPRACTICE00000002": Credentials("practice", session_token="expired-session", expired=True),
}


@dataclass(frozen=True)
class Denied(Exception):
    """A refused request: HTTP status, error code and message as EC2 words them, and those of most other services."""

    status: int
    code: str
    message: str
    other_code: str
    other_message: str


_NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
_WRONG_SECRET = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
)
_NO_TOKEN = "Request is missing Authentication Token"
_NO_REGION = "Credential should be scoped to a valid region."
_UNKNOWN = Denied(401, "AuthFailure", _NOT_VALIDATED, "InvalidClientTokenId", "The security token included in the request is invalid.")
_MISMATCH = Denied(401, "AuthFailure", _NOT_VALIDATED, "SignatureDoesNotMatch", _WRONG_SECRET)
_EXPIRED = Denied(400, "RequestExpired", "Request has expired.", "ExpiredToken", "The security token included in the request is expired")
_NOT_ALLOWED = Denied(
    *(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
    *("AccessDenied", "User is not authorized to perform this operation"),
)
_UNSIGNED = Denied(400, "MissingAuthenticationToken", _NO_TOKEN, "MissingAuthenticationToken", _NO_TOKEN)
_WRONG_REGION = Denied(401, "AuthFailure", _NO_REGION, "SignatureDoesNotMatch", _NO_REGION)


def service_of(environ: dict[str, Any]) -> str:
    """The service that a request is signed for; empty when it is not signed."""
    match = _AUTHORIZATION.match(environ.get("HTTP_AUTHORIZATION", ""))
    return match[4].lower() if match else ""


def check(environ: dict[str, Any], body: bytes | None, action: str) -> None:
    """
    Raises Denied unless the request is signed with a known key. `body` is None where it was not read (S3): its
    digest then is taken from the request. Unsigned requests may only read from S3.
    """
    header = environ.get("HTTP_AUTHORIZATION", "")
    match = _AUTHORIZATION.match(header)
    if not match:
        if header or environ["REQUEST_METHOD"] == "POST":
            raise _UNKNOWN if header else _UNSIGNED
        return
    key_id, day, region, service, signed, signature = match.groups()
    if region not in _regions():
        raise _WRONG_REGION
    credentials = KEYS.get(key_id)
    if credentials is None:
        raise _UNKNOWN
    secret_ok = hmac.compare_digest(signature, _signature(environ, body, credentials.secret, (day, region, service), signed))
    if not secret_ok:
        raise _MISMATCH
    if environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "") != credentials.session_token:
        raise _UNKNOWN
    stamp = datetime.datetime.strptime(environ.get("HTTP_X_AMZ_DATE", ""), "%Y%m%dT%H%M%SZ")
    now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 (datetime.UTC is newer than Ubuntu 22.04's Python)
    if credentials.expired or abs(now.replace(tzinfo=None) - stamp) > _CLOCK_SKEW:
        raise _EXPIRED
    if credentials.read_only and action and not action.startswith(("Describe", "Get", "List")):
        raise _NOT_ALLOWED


@cache
def _regions() -> set[str]:
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return {region for partition in partitions for region in session.get_available_regions("ec2", partition_name=partition)}


def _signature(environ: dict[str, Any], body: bytes | None, secret: str, scope: tuple[str, str, str], signed: str) -> str:
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    path, _, query = raw.partition("?")
    if scope[2] != "s3":
        path = quote(path, safe="/~-_.")
    pairs = sorted((quote(key, safe="~-_."), quote(value, safe="~-_.")) for key, value in parse_qsl(query, keep_blank_values=True))
    headers = "".join(f"{name}:{' '.join(_header(environ, name).split())}\n" for name in signed.split(";"))
    digest = hashlib.sha256(body).hexdigest() if body is not None else environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    canonical = "\n".join([environ["REQUEST_METHOD"], path or "/", "&".join(f"{k}={v}" for k, v in pairs), headers, signed, digest])
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            environ.get("HTTP_X_AMZ_DATE", ""),
            "/".join([*scope, "aws4_request"]),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _header(environ: dict[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))
