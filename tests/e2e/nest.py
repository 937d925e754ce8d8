"""`casement emulate nest` as a test drives it."""
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
