"""The little of WebSocket and MQTT that a measurement needs: clients that do nothing else, so that they are the floor. Standard library only."""
import asyncio
import base64
import os
import struct


class WebSocket:
    """Reads whole messages; says what it is told to say. No extensions, no fragments: none of our servers sends any."""

    @staticmethod
    async def open(port, path, token):
        self = WebSocket()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        return self

    async def receive(self):
        """(opcode, payload): 1 text, 2 binary. Pings are answered."""
        while True:
            first, second = await self.reader.readexactly(2)
            length = second & 127
            if length == 126:
                length, = struct.unpack(">H", await self.reader.readexactly(2))
            elif length == 127:
                length, = struct.unpack(">Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(length)
            opcode = first & 15
            if opcode == 8:
                raise ConnectionError("the other side closed")
            if opcode == 9:
                self.send(10, payload)
            elif opcode in (1, 2):
                return opcode, payload

    def send(self, opcode, payload):
        assert len(payload) < 126
        mask = os.urandom(4)
        self.writer.write(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


def _field(data):
    return struct.pack(">H", len(data)) + data


def _packet(first, body):
    length, size = len(body), b""
    while True:
        size += bytes([length % 128 | (128 if length > 127 else 0)])
        length //= 128
        if not length:
            return bytes([first]) + size + body


class Mqtt:
    """MQTT 3.1.1, QoS 0."""

    @staticmethod
    async def open(port, name):
        self = Mqtt()
        for _ in range(200):
            try:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.05)
        self.writer.write(_packet(0x10, _field(b"MQTT") + bytes([4, 2, 0, 0]) + _field(name.encode())))
        kind, body = await self._read()
        assert kind == 0x20 and body[1] == 0, body
        return self

    async def _read(self):
        kind = (await self.reader.readexactly(1))[0]
        length, shift = 0, 0
        while True:
            byte = (await self.reader.readexactly(1))[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, await self.reader.readexactly(length)

    def publish(self, topic, payload):
        self.writer.write(_packet(0x30, _field(topic.encode()) + payload))

    async def subscribe(self, topic):
        self.writer.write(_packet(0x82, b"\0\1" + _field(topic.encode()) + b"\0"))
        kind, _ = await self._read()
        assert kind == 0x90, kind

    async def receive(self):
        """(topic, payload)"""
        while True:
            kind, body = await self._read()
            if kind & 0xF0 != 0x30:
                continue
            size, = struct.unpack(">H", body[:2])
            at = 2 + size + (2 if kind & 6 else 0)
            return body[2:2 + size].decode(), body[at:]
