"""Removing what a practice cloud has made, whoever left it. Works without moto, which reads its settings when it is imported."""

from __future__ import annotations

import shlex
import shutil

from .engine import docker, run
from .settings import Settings


def remove_everything(settings: Settings) -> None:
    """Removes every container, volume, network, rule and file of a cloud of this name."""
    found = docker("ps", "-a", "--filter", f"label={settings.label}", "--format", "{{.Names}}").split()
    if found:
        docker("rm", "-f", "-v", *found, check=False)
        docker("volume", "rm", "-f", *found, check=False)
    for network in docker("network", "ls", "-q", "--filter", f"label={settings.label}").split():
        docker("network", "rm", network, check=False)
    remove_rules(settings)
    shutil.rmtree(settings.state_dir, ignore_errors=True)


def remove_rules(settings: Settings) -> None:
    """Removes every rule and chain of this name, whoever left it."""
    for table in ("nat", "filter"):
        listing = run("iptables", "-w", "5", "-t", table, "-S", check=False).stdout.splitlines()
        for line in listing:
            words = shlex.split(line)
            ours = any(word.startswith((settings.chain, settings.bridge)) for word in words[2:])
            if words[0] == "-A" and ours and not words[1].startswith(settings.chain):
                run("iptables", "-w", "5", "-t", table, "-D", *words[1:], check=False)
        chains = [line.split()[1] for line in listing if line.startswith(f"-N {settings.chain}")]
        for action in ("-F", "-X"):
            for chain in chains:
                run("iptables", "-w", "5", "-t", table, action, chain, check=False)
