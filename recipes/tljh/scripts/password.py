"""The administrator's first password, where the hub's sign-in looks for it (firstuseauthenticator; tljh.installer.ensure_admins).

password.py check   ends with 1 where the administrator has none yet
password.py write   sets TLJH_ADMIN_PASSWORD; one that is there stays
"""

import dbm
import os
import sys

import bcrypt
from tljh.config import STATE_DIR

FILE = os.path.join(STATE_DIR, "passwords.dbm")
admin = os.environ["TLJH_ADMIN"].encode()


def there():
    try:
        with dbm.open(FILE, "r") as passwords:
            return admin in passwords
    except dbm.error:
        return False


if sys.argv[1] == "check":
    sys.exit(0 if there() else 1)
os.makedirs(STATE_DIR, mode=0o700, exist_ok=True)
if not there():
    with dbm.open(FILE, "c", 0o600) as passwords:
        passwords[admin] = bcrypt.hashpw(os.environ["TLJH_ADMIN_PASSWORD"].encode(), bcrypt.gensalt())
