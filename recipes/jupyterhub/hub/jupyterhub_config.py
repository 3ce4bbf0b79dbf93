"""The hub's configuration. What differs from hub to hub comes from the environment, which .env and compose.yml set."""

import os
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from listed import ListedGitHubOAuthenticator  # noqa: E402

c = get_config()  # noqa: F821 (JupyterHub defines it)
env = os.environ

LISTS = Path("/srv/jupyterhub/lists")


def words(name):
    return env.get(name, "").replace(",", " ").split()


def images(_spawner=None):
    """The menu of images: `label = image` a line. With one or none there is no menu."""
    menu = {}
    try:
        lines = (LISTS / "images").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        line = line.strip()
        if line == "" or line.startswith("#"):
            continue
        label, _, image = line.rpartition("=")
        menu[label.strip() or image.strip()] = image.strip()
    return menu or {env["DOCKER_NOTEBOOK_IMAGE"]: env["DOCKER_NOTEBOOK_IMAGE"]}


def image_form(_spawner):
    """The menu as the person sees it before a start; made anew each time, so that a changed list shows at once."""
    menu = images()
    if len(menu) < 2:
        return ""
    options = "".join(f'<option value="{escape(label)}">{escape(label)}</option>' for label in menu)
    return f'<label for="image">Image</label><select class="form-control" id="image" name="image" required autofocus>{options}</select>'


def folders(name):
    """`/on/the/machine:/in/the/image`, with commas between several."""
    pairs = [part.strip().split(":") for part in env.get(name, "").split(",") if part.strip()]
    for pair in pairs:
        if len(pair) != 2 or not all(path.startswith("/") for path in pair):
            sys.exit(f"{name}: write /on/the/machine:/in/the/image")
    return dict(pairs)


# Where the hub is
c.JupyterHub.bind_url = "http://0.0.0.0:8000" + env["HUB_PATH"]
c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.hub_connect_ip = env["HUB_HOST"]
c.JupyterHub.db_url = "sqlite:////data/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/data/jupyterhub_cookie_secret"
# People work on while the hub itself is made anew.
c.JupyterHub.cleanup_servers = False

# Who may use it
c.JupyterHub.authenticator_class = ListedGitHubOAuthenticator
c.ListedGitHubOAuthenticator.lists = str(LISTS)
c.ListedGitHubOAuthenticator.first_admins = {name.lower() for name in words("JUPYTERHUB_ADMIN")}
c.ListedGitHubOAuthenticator.everyone = env.get("ALLOW_EVERYONE") == "true"
c.ListedGitHubOAuthenticator.oauth_callback_url = env["OAUTH_CALLBACK_URL"]
c.ListedGitHubOAuthenticator.client_id = env["OAUTH_CLIENT_ID"]
c.ListedGitHubOAuthenticator.client_secret = env["OAUTH_CLIENT_SECRET"]
c.Authenticator.any_allow_config = True
c.Authenticator.auth_refresh_age = 300
c.Authenticator.refresh_pre_spawn = True
if words("GITHUB_ORGANIZATIONS"):
    c.ListedGitHubOAuthenticator.allowed_organizations = set(words("GITHUB_ORGANIZATIONS"))
    c.ListedGitHubOAuthenticator.scope = ["read:org"]

# What each person gets
name = f"{env['VOLUME_PREFIX']}-{env['HUB_NAME']}"
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = next(iter(images().values()))
c.DockerSpawner.allowed_images = images
c.DockerSpawner.options_form = image_form
c.DockerSpawner.pull_policy = "ifnotpresent"
c.DockerSpawner.network_name = env["DOCKER_NETWORK_NAME"]
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.remove = True
c.DockerSpawner.prefix = name
c.DockerSpawner.notebook_dir = env["DOCKER_NOTEBOOK_DIR"]
c.DockerSpawner.volumes = {f"{name}-user-{{username}}": env["DOCKER_NOTEBOOK_DIR"], **folders("SHARED_DATA")}
c.DockerSpawner.read_only_volumes = folders("READ_ONLY_DATA")
c.DockerSpawner.mem_limit = env.get("MEMORY_LIMIT") or None
c.DockerSpawner.cpu_limit = float(env.get("CPU_LIMIT") or 0) or None
c.DockerSpawner.default_url = "/lab"
if env.get("RUN_AS"):
    c.DockerSpawner.extra_create_kwargs = {"user": env["RUN_AS"]}
c.Spawner.start_timeout = 600  # an image of the menu may have to be fetched first
c.Spawner.http_timeout = 120

# What is stopped when nobody uses it
minutes = float(env.get("CULL_AFTER_MINUTES") or 0)
if minutes > 0:
    c.JupyterHub.services = [
        {
            "name": "idle-culler",
            "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={int(minutes * 60)}"],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "idle-culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["idle-culler"],
        }
    ]
