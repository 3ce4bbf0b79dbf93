"""Who may use the hub: the lists decide, and are read anew at each sign-in."""

from pathlib import Path

from oauthenticator.github import GitHubOAuthenticator
from traitlets import Bool, Set, Unicode


def names_in(path):
    """The names in a list, one a line, in lower case. What follows a # is a note. A list that is not there is empty."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    names = (line.split("#", 1)[0].strip().lower() for line in lines)
    return {name for name in names if name}


class ListedGitHubOAuthenticator(GitHubOAuthenticator):
    """GitHub says who someone is; the lists `allow`, `block` and `admins` say what that person may.

    Who is on the block list stays out, whatever else holds. Administrators and those on the allow list are let in, and beside them whom
    `everyone` or `allowed_organizations` lets in.
    """

    lists = Unicode("/srv/jupyterhub/lists", help="Folder of the lists").tag(config=True)
    first_admins = Set(help="Administrators besides those on the list").tag(config=True)
    everyone = Bool(False, help="Whether everyone who is not blocked is let in").tag(config=True)

    def listed(self, name):
        return names_in(Path(self.lists) / name)

    def is_admin(self, username):
        return username.lower() in self.listed("admins") | self.first_admins

    def is_listed(self, username):
        return self.everyone or self.is_admin(username) or username.lower() in self.listed("allow")

    def check_blocked_users(self, username, authentication=None):
        return username.lower() not in self.listed("block")

    async def check_allowed(self, username, auth_model):
        return self.is_listed(username) or await super().check_allowed(username, auth_model)

    async def update_auth_model(self, auth_model):
        auth_model = await super().update_auth_model(auth_model)
        # False, unlike None, takes the right from someone who is no longer on the list.
        auth_model["admin"] = self.is_admin(auth_model["name"])
        return auth_model

    async def refresh_user(self, user, handler=None, **kwargs):
        """Asked every few minutes and before a server is started: who was taken off the lists has to sign in again, and cannot."""
        if not self.check_blocked_users(user.name):
            return False
        return self.is_listed(user.name) or bool(self.allowed_organizations)
