"""A stand-in for GitHub's sign-in: every code is the name of the person who signs in, and so is every token."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit


class GitHub(BaseHTTPRequestHandler):
    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        """The exchange of a code for a token, in the query, the body, or as JSON."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        given = parse_qs(urlsplit(self.path).query) | parse_qs(body)
        if "client_secret" not in given and "Basic" not in self.headers.get("Authorization", ""):
            self.send_error(401)
            return
        self.answer({"access_token": given["code"][0], "token_type": "bearer", "scope": ""})

    def do_GET(self):
        name = self.headers.get("Authorization", "").split(" ")[-1]
        self.answer({"login": name, "id": 1, "email": f"{name}@example.org"} if self.path.endswith("/user") else [])


HTTPServer(("", 80), GitHub).serve_forever()
