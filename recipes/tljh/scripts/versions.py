"""Whether a package is there in this version or a newer one, and whether all further packages are there."""

import re
import sys
from importlib import metadata


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


package, least, *others = sys.argv[1:]
try:
    for other in others:
        metadata.version(re.split(r"[\[<>=!~;]", other)[0])
    sys.exit(0 if numbers(metadata.version(package)) >= numbers(least) else 1)
except metadata.PackageNotFoundError:
    sys.exit(1)
