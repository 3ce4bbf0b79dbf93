#!/usr/bin/env python3
"""
Writes media/prices.json, the prices that ship with Skylab, from the price lists in several releases of Apache Libcloud (Apache-2.0), which
are AWS's public price list (https://pricing.us-east-1.amazonaws.com) as read on different days.

    python3 test/setup/prices.py > media/prices.json

Libcloud keeps one figure for each type and region, and picks now and then that of a reservation (zero) or of dedicated hardware (some
percent more). A figure is therefore taken only if it fits the other sizes of its family, whose prices go by size, or, in families where
they do not, if it is the lowest and stands in three releases or more. What cannot be confirmed is left out. Each figure is kept under the
newest day on which it was read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from pathlib import Path

RELEASES = ["3.4.1", "3.5.1", "3.6.1", "3.7.0", "3.8.0", "3.9.0"]
REGIONS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-north-1 eu-south-1 "
    "ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2"
).split()
BY_SIZE = (
    "t2 t3 t3a t4g m4 m5 m5a m5d m6a m6g m6i m6id m7a m7g m7i m7i-flex m8g c4 c5 c5a c5d c6a c6g c6i c6id c7a c7g c7i c7i-flex c8g "
    "r4 r5 r5a r5d r6a r6g r6i r6id r7a r7g r7i r8g i3 i4i"
).split()
OTHERS = "g4dn g4ad g5 g5g g6 p3 p4d inf1 inf2".split()
UNITS = {"nano": 0.25, "micro": 0.5, "small": 1, "medium": 2, "large": 4}
TOLERANCE = 0.006


def units(size: str) -> float | None:
    """How many `small` a size is."""
    if size in UNITS:
        return UNITS[size]
    count = size.removesuffix("xlarge")
    return None if count == size else 8 * int(count or 1)


def release(version: str) -> tuple[str, dict[str, dict[str, float]]]:
    """The day on which a release's prices were read, and the prices by type and region."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", folder, f"apache-libcloud=={version}"],
            check=True,
            stdout=sys.stderr,
        )
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            prices = json.loads(wheel.read("libcloud/data/pricing.json"))
    return time.strftime("%Y-%m-%d", time.gmtime(prices["updated"])), prices["compute"]["ec2_linux"]


def seen(releases: list[tuple[str, dict[str, dict[str, float]]]]) -> dict[tuple[str, str], dict[float, list[str]]]:
    """Type and region -> each price that was ever listed, with the days."""
    found: dict[tuple[str, str], dict[float, list[str]]] = defaultdict(lambda: defaultdict(list))
    for day, types in releases:
        for name, regions in types.items():
            for region in REGIONS:
                price = regions.get(region)
                if isinstance(price, (int, float)) and price > 0:
                    found[name, region][round(price, 6)].append(day)
    return found


def confirmed(found: dict[tuple[str, str], dict[float, list[str]]]) -> dict[tuple[str, str], tuple[float, str]]:
    """Type and region -> price and the newest day on which it was read."""
    kept: dict[tuple[str, str], tuple[float, str]] = {}
    families: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for name, region in found:
        family, _, size = name.partition(".")
        count = units(size)
        if family in BY_SIZE and count:
            families[family, region].append((name, count))
        elif family in OTHERS and count:
            lowest = min(found[name, region])
            days = found[name, region][lowest]
            if len(days) >= 3:
                kept[name, region] = lowest, max(days)
    for (_, region), members in families.items():
        # All prices by size; the lowest on which three sizes (or all, where there are two) agree is that of shared hardware.
        bases = sorted(price / count for name, count in members for price in found[name, region])
        for base in bases:
            fitting = {}
            for name, count in members:
                fits = [price for price in found[name, region] if abs(price / count / base - 1) <= TOLERANCE + 0.00005 / price]
                if fits:
                    fitting[name] = max(fits, key=lambda price: max(found[name, region][price]))
            if len(fitting) >= 3 or len(fitting) == len(members) == 2:
                for name, price in fitting.items():
                    kept[name, region] = price, max(found[name, region][price])
                break
    return kept


def main() -> None:
    kept = confirmed(seen([release(version) for version in RELEASES]))
    days: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for (name, region), (price, day) in sorted(kept.items()):
        days[day][name][region] = price
    compact = {
        day: {name: [types[name].get(region) for region in REGIONS] for name in types}
        for day, types in sorted(days.items(), reverse=True)
    }
    table = {
        "source": "AWS public price list, on demand, Linux, shared hardware, USD per hour; as collected in Apache Libcloud (Apache-2.0)",
        "regions": REGIONS,
        "days": compact,
    }
    text = json.dumps(table, separators=(",", ":")).replace("null", "0")
    print(text.replace('},"20', '},\n"20').replace('],"', '],\n"'))
    print(f"{len(kept)} prices", file=sys.stderr)


main()
