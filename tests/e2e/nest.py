"""`casement emulate nest` as a test drives it."""
import re
import ssl
import urllib.error
import urllib.request

from emulator import Emulator


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


def secrets_in(text):
    """Tokens as the emulator makes them, of every kind, and where one is shown: how often each kind is there."""
    kinds = {"JWT": r"g\.0\.[0-9a-f]{8}", "access": r"\bb\.[0-9a-f]{16}", "google": r"ya29\.[0-9a-f]{8}", "website": r"\b[0-9a-f]{48}\b",
             "shown": r"(?:website_2|user_token|cztoken|SIDCC|SID|auth)=(?!\*)[0-9A-Za-z.]{8}"}
    return {kind: found for kind, pattern in kinds.items() if (found := len(re.findall(pattern, text)))}
