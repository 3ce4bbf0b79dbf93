"""What stands before moto: signatures, faults, and the practice cloud's own addresses below /practice/."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import accounts
from .faults import Faults
from .machines import Machines
from .settings import Settings

Start = Callable[..., Any]
_XML, _JSON, _TEXT = "text/xml;charset=UTF-8", "application/json", "text/plain; charset=utf-8"
_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_QUERY_SERVICES = {"sts", "iam", "rds", "cloudformation", "autoscaling", "elasticloadbalancing", "sns"}


class Api:
    """The WSGI application. `changed` is called after each request that may have altered machines or rules."""

    def __init__(self, settings: Settings, machines: Machines, faults: Faults, changed: Callable[[], None]) -> None:
        self._settings, self._machines, self._faults, self._changed = settings, machines, faults, changed
        self._moto: Any = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/practice/"):
            return self._own(environ, start, path.removeprefix("/practice/"))
        service = accounts.service_of(environ)
        body = _read_body(environ, service)
        action = _action(environ, body)
        try:
            accounts.check(environ, body, action)
        except accounts.Denied as denied:
            return _refuse(start, service, denied)
        failure = self._faults.failure_for(action) if service == "ec2" else None
        if failure:
            return _refuse(start, service, accounts.Denied(*failure, failure[1], failure[2]))
        answer: Iterable[bytes] = self._moto(environ, start)
        if environ["REQUEST_METHOD"] == "POST" and not action.startswith("Describe"):
            self._changed()
        return answer

    def _own(self, environ: dict[str, Any], start: Start, what: str) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if what == "address" and method == "GET":
            return _answer(start, 200, _TEXT, self._settings.client_address + "\n")
        if what == "machines" and method == "GET":
            return _answer(start, 200, _JSON, json.dumps([self._describe(machine.instance) for machine in self._machines.all()]))
        if what == "faults" and method in ("GET", "PUT", "DELETE"):
            try:
                if method != "GET":
                    self._faults.replace(json.loads(_read_all(environ) or b"{}") if method == "PUT" else {})
            except (ValueError, KeyError, TypeError) as error:
                return _answer(start, 400, _TEXT, f"{error}\n")
            return _answer(start, 200, _JSON, json.dumps(self._faults.describe()))
        return _answer(start, 404, _TEXT, "Known here: address, machines, faults.\n")

    def _describe(self, instance: Any) -> dict[str, Any]:
        return {
            "id": instance.id, "state": instance._state.name, "container": self._machines.container(instance),
            "publicAddress": instance.public_ip, "privateAddress": instance.private_ip,
        }  # fmt: skip


def _read_all(environ: dict[str, Any]) -> bytes:
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _read_body(environ: dict[str, Any], service: str) -> bytes | None:
    """The body of an API call, put back for moto; None for what S3 is sent, which may be large and is left alone."""
    if service == "s3":
        return None
    body = _read_all(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _action(environ: dict[str, Any], body: bytes | None) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target).rpartition(".")[2]
    form = parse_qs((body or b"").decode(errors="replace"))
    return (form.get("Action") or parse_qs(environ.get("QUERY_STRING", "")).get("Action") or [""])[0]


def _refuse(start: Start, service: str, denied: accounts.Denied) -> Iterable[bytes]:
    """An error in the shape of the service's protocol."""
    request = str(uuid.uuid4())
    if service in ("ec2", ""):
        error = f"<Errors><Error><Code>{denied.code}</Code><Message>{escape(denied.message)}</Message></Error></Errors>"
        return _answer(start, denied.status, _XML, f"{_PROLOG}<Response>{error}<RequestID>{request}</RequestID></Response>")
    inner = f"<Code>{denied.other_code}</Code><Message>{escape(denied.other_message)}</Message>"
    status = 403 if denied.status == 401 else denied.status
    if service in _QUERY_SERVICES:
        error = f"<Error><Type>Sender</Type>{inner}</Error>"
        return _answer(start, status, _XML, f"<ErrorResponse>{error}<RequestId>{request}</RequestId></ErrorResponse>")
    if service in ("s3", "route53"):
        return _answer(start, status, _XML, f"<Error>{inner}<RequestId>{request}</RequestId></Error>")
    return _answer(start, 400, _JSON, json.dumps({"__type": denied.other_code, "message": denied.other_message}))


def _answer(start: Start, status: int, kind: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    start(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
