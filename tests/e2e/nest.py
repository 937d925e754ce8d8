"""`casement emulate nest` as a test drives it."""
import re
import ssl
import subprocess
import urllib.error
import urllib.request

from emulator import Emulator
from house import BINARY


class Nest(Emulator):
    def __init__(self, folder, *options):
        super().__init__("nest", folder, *options)

    def ask(self, url, body=None, **headers):
        request = urllib.request.Request(url, method="GET" if body is None else "POST", data=body)
        for name, value in {"User-Agent": "Mozilla/5.0", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=10, context=ssl.create_default_context(cafile=self.ca_file)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


def login(house, *more, stdin=""):
    """(exit status, what it said)"""
    done = subprocess.run([BINARY, "-c", str(house.config), "login", "nest", *more], input=stdin, capture_output=True, text=True, env=house.env, timeout=60)
    return done.returncode, done.stdout + done.stderr


def login_with_google(house, folder, nest):
    """The account that the emulator's configuration names."""
    brought = nest.started["sign_in"]
    cookies = folder / "cookies"
    cookies.write_text(brought["cookies"] + "\n")
    return login(house, "--account", "emulated", "--issue-token", "-", "--cookies-file", str(cookies), stdin=brought["issue_token"] + "\n")


def secrets_in(text):
    """Tokens as the emulator makes them, of every kind, and where one is shown: how often each kind is there."""
    kinds = {"JWT": r"g\.0\.[0-9a-f]{8}", "access": r"\bb\.[0-9a-f]{16}", "google": r"ya29\.[0-9a-f]{8}", "website": r"\b[0-9a-f]{48}\b",
             "shown": r"(?:website_2|user_token|cztoken|SIDCC|SID|auth)=(?!\*)[0-9A-Za-z.]{8}"}
    return {kind: found for kind, pattern in kinds.items() if (found := len(re.findall(pattern, text)))}


def sign_in_device_access(house, nest, folder, account, code=None):
    """By the code that Google put into the address bar, or by what is given for it."""
    official = nest.started["sign_in"]["device_access"]
    secret = folder / "client-secret"
    secret.write_text(official["client_secret"] + "\n")
    return login(house, "--account", account, "--project", official["project"], "--client-id", official["client_id"], "--client-secret-file", str(secret),
                 "--subscription", official["subscription"], "--code", "-", stdin=(code or official["code"]) + "\n")
