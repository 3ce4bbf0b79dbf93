"""
python3 -m server --port PORT --name NAME: runs a practice cloud until SIGTERM, SIGINT, or the end of standard input.
Prints one JSON line with its address when it is ready.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any

from . import claims
from .catalog import write_images
from .engine import log
from .settings import Settings, parse


def main() -> None:
    settings = parse()
    try:
        claims.claim(settings)
    except claims.AlreadyRunning as error:
        sys.exit(str(error))
    try:
        _serve(settings)
    finally:
        claims.release(settings)


def _serve(settings: Settings) -> None:
    # moto reads these when it is imported.
    images = settings.state_dir / "images.json"
    write_images(images)
    os.environ.update(
        MOTO_AMIS_PATH=str(images),
        MOTO_ENABLE_AMI_VALIDATION="true",
        MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true",
        MOTO_PORT=str(settings.port),
    )
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    from . import acts, catalog, console, disks, launching, lifecycle, metadata, moto_fixes, requested, shutdown, web
    from .addresses import Addresses
    from .api import Api
    from .faults import Faults
    from .firewall import Firewall
    from .machines import Machines
    from .registry import Registry

    class QuietHandler(MotoRequestHandler):
        def log_request(self, *_: Any) -> None:
            """A line for each request would hide what matters."""

    faults = Faults()
    addresses = Addresses(settings)
    machines = Machines(settings, addresses, faults)
    firewall = Firewall(settings, machines)
    machines.changed = firewall.sync
    acts.install()
    addresses.install()
    catalog.install_parameters()
    console.install(machines, faults)
    disks.install()
    launching.install(machines, faults)
    requested.install()
    lifecycle.install(machines)
    moto_fixes.install()
    shutdown.install()

    registry = Registry(settings) if settings.registry_program else None
    try:
        server = make_server(
            "127.0.0.1", settings.port, Api(settings, machines, faults, firewall.sync), threaded=True, request_handler=QuietHandler
        )
        firewall.open(metadata.serve(machines), registry.port if registry else None)
        if settings.web_ports:
            web.serve(machines, *(int(port) for port in settings.web_ports.split(",")))
        _follow(lifecycle.Follower(settings, machines), firewall)
        _stop_with(server)
        print(json.dumps({"endpoint": f"http://127.0.0.1:{settings.port}"}), flush=True)
        server.serve_forever()
    finally:
        firewall.close()
        if registry:
            registry.stop()


def _follow(follower: Any, firewall: Any) -> None:
    def loop() -> None:
        while True:
            time.sleep(1)
            try:
                follower.look()
                firewall.sync()
            except Exception as error:  # noqa: BLE001 (the next look comes in a second)
                log("following the machines:", repr(error))

    threading.Thread(target=loop, daemon=True).start()


def _stop_with(server: Any) -> None:
    """Ends the server on a signal and when standard input ends: then whoever started this process is gone."""

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    def wait_for_the_end_of_input() -> None:
        # Not through sys.stdin: a thread that waits inside it would keep the interpreter from ending in good order.
        while os.read(0, 4096):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=wait_for_the_end_of_input, daemon=True).start()


main()
