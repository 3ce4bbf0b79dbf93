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
from typing import Any
from urllib.parse import parse_qsl, quote

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


_UNKNOWN = Denied(
    401, "AuthFailure", "AWS was not able to validate the provided access credentials",
    "InvalidClientTokenId", "The security token included in the request is invalid.",
)  # fmt: skip
_MISMATCH = Denied(
    401, "AuthFailure", "AWS was not able to validate the provided access credentials",
    "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
)  # fmt: skip
_EXPIRED = Denied(400, "RequestExpired", "Request has expired.", "ExpiredToken", "The security token included in the request is expired")
_NOT_ALLOWED = Denied(
    403, "UnauthorizedOperation", "You are not authorized to perform this operation.", "AccessDenied", "User is not authorized to perform this operation"
)  # fmt: skip
_UNSIGNED = Denied(
    400, "MissingAuthenticationToken", "Request is missing Authentication Token", "MissingAuthenticationToken", "Request is missing Authentication Token"
)  # fmt: skip


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
    credentials = KEYS.get(key_id)
    if credentials is None:
        raise _UNKNOWN
    secret_ok = hmac.compare_digest(signature, _signature(environ, body, credentials.secret, (day, region, service), signed))
    if not secret_ok:
        raise _MISMATCH
    if environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "") != credentials.session_token:
        raise _UNKNOWN
    stamp = datetime.datetime.strptime(environ.get("HTTP_X_AMZ_DATE", ""), "%Y%m%dT%H%M%SZ")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    if credentials.expired or abs(now - stamp) > _CLOCK_SKEW:
        raise _EXPIRED
    if credentials.read_only and action and not action.startswith(("Describe", "Get", "List")):
        raise _NOT_ALLOWED


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
        ["AWS4-HMAC-SHA256", environ.get("HTTP_X_AMZ_DATE", ""), "/".join([*scope, "aws4_request"]), hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _header(environ: dict[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))
