"""
Machines by name on this computer's web ports: http://NAME.localhost and https://NAME.localhost lead to ports 80 and 443 at the public
address of the running instance whose Name tag is NAME. Browsers resolve *.localhost to 127.0.0.1 by themselves (RFC 6761).
"""

from __future__ import annotations

import asyncio
import threading

from .engine import log
from .machines import Machines

_LIMIT = 64 * 1024
_SUFFIX = ".localhost"


def serve(machines: Machines, http: int, https: int) -> None:
    """Listens on these ports of 127.0.0.1; one that is taken is left out with a line in the log."""
    threading.Thread(target=lambda: asyncio.run(_serve(machines, {http: 80, https: 443})), daemon=True).start()


async def _serve(machines: Machines, ports: dict[int, int]) -> None:
    for port, leads_to in ports.items():

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, leads_to: int = leads_to) -> None:
            try:
                await _lead(machines, leads_to, reader, writer)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                pass  # The other side went away, or the machine's port is closed: the browser sees the connection end.
            finally:
                writer.close()

        try:
            await asyncio.start_server(connected, "127.0.0.1", port, limit=_LIMIT)
        except OSError as error:
            log(f"NAME.localhost is not served on port {port}: {error.strerror}")
    await asyncio.Event().wait()


async def _lead(machines: Machines, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads as much as tells the name, then passes everything on unread, both ways."""
    head = await (_hello(reader) if port == 443 else reader.readuntil(b"\r\n\r\n"))
    host = server_name(head) if port == 443 else host_header(head)
    address = _address_of(machines, host)
    if address is None:
        if port == 80:
            text = f"No running practice machine is named {host.removesuffix(_SUFFIX)!r}.\n"
            headers = f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close"
            writer.write(f"HTTP/1.1 404 Not Found\r\n{headers}\r\n\r\n{text}".encode())
            await writer.drain()
        return
    there_reader, there_writer = await asyncio.open_connection(address, port)
    there_writer.write(head)
    await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_LIMIT):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.close()


async def _hello(reader: asyncio.StreamReader) -> bytes:
    """The first TLS record."""
    header = await reader.readexactly(5)
    return header + await reader.readexactly(int.from_bytes(header[3:5], "big"))


def host_header(head: bytes) -> str:
    """The host name that an HTTP request asks for, without the port."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "host":
            return value.strip().rsplit(":", 1)[0].lower()
    return ""


def server_name(record: bytes) -> str:
    """The server name that a TLS ClientHello asks for (RFC 8446, 4.1.2; RFC 6066, 3); empty where there is none."""
    try:
        at = 5 + 4 + 2 + 32  # record and handshake headers, version, random
        at += 1 + record[at]  # session id
        at += 2 + int.from_bytes(record[at : at + 2], "big")  # cipher suites
        at += 1 + record[at]  # compression methods
        end = at + 2 + int.from_bytes(record[at : at + 2], "big")
        at += 2
        while at + 4 <= end:
            kind, length = int.from_bytes(record[at : at + 2], "big"), int.from_bytes(record[at + 2 : at + 4], "big")
            if kind == 0:
                return record[at + 9 : at + 4 + length].decode("ascii").lower()
            at += 4 + length
    except (IndexError, UnicodeDecodeError):
        pass
    return ""


def _address_of(machines: Machines, host: str) -> str | None:
    if not host.endswith(_SUFFIX):
        return None
    wanted = host.removesuffix(_SUFFIX)
    for machine in reversed(machines.all()):
        instance = machine.instance
        names = [tag["value"].lower() for tag in instance.get_tags() if tag["key"] == "Name"]
        if instance._state.name == "running" and wanted in names and instance.public_ip:
            return str(instance.public_ip)
    return None
