"""Public addresses and security groups as iptables rules: a port without a rule is a real timeout."""

from __future__ import annotations

import ipaddress
import subprocess
import threading
from typing import Any

from .engine import log, run
from .leftovers import remove_rules
from .machines import Machines
from .settings import METADATA_ADDRESS, REGISTRY_ADDRESS, Settings


class Firewall:
    """
    Four chains of its own, written anew in one go when something changes:
    N leads public addresses to machines, X drops what leads nowhere, O filters what comes from this computer (it is "outside", with
    the client's address), F what comes from other machines.
    """

    def __init__(self, settings: Settings, machines: Machines) -> None:
        self._settings = settings
        self._machines = machines
        self._lock = threading.Lock()
        self._written = ""
        self._closed = False

    def open(self, metadata_port: int, registry_port: int | None) -> None:
        """Makes the chains and lets packets into them."""
        self.sync()
        for table, chain, rule in self._jumps(metadata_port, registry_port):
            run("iptables", "-w", "5", "-t", table, "-I", chain, *rule)

    def close(self) -> None:
        """Removes every rule and chain."""
        with self._lock:
            self._closed = True
            remove_rules(self._settings)

    def sync(self) -> None:
        """Writes the rules if they differ from what was written last."""
        with self._lock:
            rules = self._rules()
            if self._closed or rules == self._written:
                return
            done = subprocess.run(["iptables-restore", "--noflush", "-w", "5"], input=rules, text=True, capture_output=True)
            if done.returncode:
                log("iptables-restore:", done.stderr, rules)
            self._written = rules

    def _rules(self) -> str:
        chain = self._settings.chain
        live = [m.instance for m in self._machines.all() if m.instance._state.name in ("running", "pending") and m.instance.nics]
        members: dict[str, list[str]] = {}
        for instance in live:
            for interface in instance.nics.values():
                for group in interface.group_set:
                    members.setdefault(group.id, []).append(interface.private_ip_address)
        leads: list[str] = []
        outside: list[str] = []
        between: list[str] = []
        for instance in live:
            interface = instance.nics[0]
            private = interface.private_ip_address
            if interface.public_ip:
                leads.append(f"-A {chain}N -d {interface.public_ip}/32 -j DNAT --to-destination {private}")
            for group in interface.group_set:
                for rule in group.ingress_rules:
                    self._allow(rule, private, members, outside, between)
            outside.append(f"-A {chain}O -d {private}/32 -j DROP")
            between.append(f"-A {chain}F -d {private}/32 -j DROP")
        going_on = "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"
        lines = ["*nat", f":{chain}N - [0:0]", *leads, "COMMIT"]
        lines += ["*filter", f":{chain}O - [0:0]", f":{chain}F - [0:0]", f":{chain}X - [0:0]"]
        # What still has a public address here leads to no machine; else this computer's own sshd would answer for a stopped one.
        lines += [f"-A {chain}X -j DROP"]
        lines += [f"-A {chain}O {going_on}", *outside, f"-A {chain}F {going_on}", *between, "COMMIT", ""]
        return "\n".join(lines)

    def _allow(self, rule: Any, private: str, members: dict[str, list[str]], outside: list[str], between: list[str]) -> None:
        chain, ports = self._settings.chain, _ports(rule)
        if rule.cidr_ipv4:
            network = ipaddress.ip_network(rule.cidr_ipv4, strict=False)
            if ipaddress.ip_address(self._settings.client_address) in network:
                outside.append(f"-A {chain}O -d {private}/32 {ports} -j RETURN")
            between.append(f"-A {chain}F -s {network} -d {private}/32 {ports} -j RETURN")
        for source in members.get((rule.source_group or {}).get("GroupId") or "", []):
            between.append(f"-A {chain}F -s {source}/32 -d {private}/32 {ports} -j RETURN")

    def _jumps(self, metadata_port: int, registry_port: int | None) -> list[tuple[str, str, list[str]]]:
        s = self._settings
        bridges = f"{s.bridge}+"
        rules = [
            ("nat", "PREROUTING", _redirect(bridges, METADATA_ADDRESS, 80, metadata_port)),
            ("nat", "OUTPUT", ["-d", s.public_range, "-j", f"{s.chain}N"]),
            ("nat", "POSTROUTING", ["-s", "127.0.0.0/8", "-o", bridges, "-j", "MASQUERADE"]),
            ("filter", "OUTPUT", ["-d", s.public_range, "-j", f"{s.chain}X"]),
            # Not by "-o": a packet that DNAT has sent elsewhere still has the loopback interface as its way out here.
            ("filter", "OUTPUT", ["!", "-d", "127.0.0.0/8", "-j", f"{s.chain}O"]),
            ("filter", "DOCKER-USER", ["-i", bridges, "-o", bridges, "-j", f"{s.chain}F"]),
        ]
        if registry_port:
            rules.append(("nat", "PREROUTING", _redirect(bridges, REGISTRY_ADDRESS, 443, registry_port)))
        return rules


def _redirect(bridges: str, address: str, port: int, to_port: int) -> list[str]:
    return ["-i", bridges, "-d", address, "-p", "tcp", "--dport", str(port), "-j", "DNAT", "--to-destination", f"127.0.0.1:{to_port}"]


def _ports(rule: Any) -> str:
    """The iptables match for a rule's protocol and ports."""
    protocol = rule.ip_protocol
    if protocol in ("-1", None):
        return ""
    if protocol in ("tcp", "udp"):
        return f"-p {protocol} --dport {rule.from_port}:{rule.to_port}"
    return f"-p {protocol}"
