"""The hub's config.yaml with what was answered; everything else in it stays as it is.

settings.py show    prints the settings as JSON
settings.py check   ends with 1 where config.yaml has others
settings.py write   writes them, and prints what is to be reloaded
"""

import json
import os
import re
import sys


def names(variable):
    return [name for name in re.split(r"[\s,]+", os.environ.get(variable, "")) if name]


def number(variable):
    text = os.environ.get(variable, "").strip()
    if text == "":
        return None
    if not text.isdigit() or int(text) < 1:
        sys.exit(f"{variable} is a whole number from 1 on, or empty.")
    return int(text)


def wanted():
    """Path in config.yaml -> value; None for what is not to stand there."""
    answer = os.environ.get
    kind = answer("TLJH_HTTPS", "none")
    memory = answer("TLJH_MEMORY", "").strip()
    if memory and not re.fullmatch(r"\d+(\.\d+)?[KMGT]?", memory):
        sys.exit("TLJH_MEMORY is a size such as 1G or 512M, or empty.")
    minutes = number("TLJH_CULL_MINUTES")
    admins = list(dict.fromkeys([*names("TLJH_ADMIN"), *names("TLJH_ADMINS")]))
    own = {"cert": answer("TLJH_TLS_CERT", ""), "key": answer("TLJH_TLS_KEY", "")}
    encrypt = {"email": answer("TLJH_EMAIL", ""), "domains": names("DOMAIN")}
    return {
        "users.admin": admins,
        "users.allowed": names("TLJH_USERS"),
        "users.banned": names("TLJH_BANNED"),
        "limits.memory": memory or None,
        "limits.cpu": number("TLJH_CPU"),
        "services.cull.enabled": minutes is not None,
        "services.cull.timeout": None if minutes is None else minutes * 60,
        "user_environment.default_app": answer("TLJH_INTERFACE", "") or "jupyterlab",
        "https.enabled": kind != "none",
        "https.tls": own if kind == "own" else None,
        "https.letsencrypt": encrypt if kind == "letsencrypt" else None,
    }


def apply(config, settings):
    """Sets them; parts that become empty go. Returns the parts that have changed."""
    changed = set()
    for path, value in settings.items():
        *parents, last = path.split(".")
        part = config
        for parent in parents:
            if not isinstance(part.get(parent), dict):
                part[parent] = {}
            part = part[parent]
        if part.get(last) == value:
            continue
        changed.add("proxy" if path.startswith("https.") else "hub")
        if value is None:
            part.pop(last, None)
        else:
            part[last] = value
    for path in settings:
        first = path.split(".")[0]
        if config.get(first) == {}:
            del config[first]
    return changed


def main(act):
    if act == "show":
        shown = {}
        apply(shown, wanted())
        print(json.dumps(shown, indent=2))
        return 0
    # The hub's own reader and schema: this runs in its environment.
    from tljh.config import CONFIG_FILE, config_file_lock, get_current_config, validate_config
    from tljh.yaml import yaml

    with config_file_lock(CONFIG_FILE):
        config = get_current_config(CONFIG_FILE) or {}
        changed = apply(config, wanted())
        if act == "check" or not changed:
            return 1 if changed else 0
        validate_config(config, True)
        with open(f"{CONFIG_FILE}.new", "w") as file:
            yaml.dump(config, file)
        os.replace(f"{CONFIG_FILE}.new", CONFIG_FILE)
    # The hub is behind the proxy: that one first, or the hub is waited for at the wrong place.
    print(*[part for part in ["proxy", "hub"] if part in changed])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
