#!/usr/bin/env python3
"""A base station that takes the steps of the program that people use today, in its order, to be measured beside: a thread per connection;
the acknowledgement first; then the row of the database, rewritten under a lock; then the set-up, the webhook and the clock, one after the other on
the same thread. It is nobody's code but this file's, and keeps nothing else of what that program does.

    reference.py ADDRESS DATABASE WEBHOOK
"""
import json
import socket
import socketserver
import sqlite3
import sys
import threading
import time
import urllib.parse
import urllib.request

ADDRESS, DATABASE, WEBHOOK = sys.argv[1:4]
LOCK = threading.Lock()


def frame(message):
    text = json.dumps(message, separators=(",", ":"))
    return f"L:{len(text)} {text}".encode()


def read_frame(connection):
    data = connection.recv(1024)
    if not data.startswith(b"L:"):
        return None
    header, _, body = data.partition(b" ")
    while len(body) < int(header[2:]):
        body += connection.recv(1024)
    return json.loads(body)


def send(address, message):
    with socket.create_connection((address, 4000), 5) as connection:
        connection.sendall(frame({"ID": 1, **message}))
        return read_frame(connection)


def hook(fields):
    body = urllib.parse.urlencode({**fields, "time": time.time()}).encode()
    urllib.request.urlopen(WEBHOOK, body).read()


def store(row):
    with LOCK, sqlite3.connect(DATABASE) as db:
        db.execute("REPLACE INTO devices VALUES (?,?,?,?)", row)


def device_at(address):
    with LOCK, sqlite3.connect(DATABASE) as db:
        return db.execute("SELECT serial, ip, hostname FROM devices WHERE ip = ?", (address,)).fetchone()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        message = read_frame(self.request)
        if message is None:
            return
        self.request.sendall(frame({"Type": "response", "ID": message["ID"], "Response": "Ack"}))
        self.request.close()
        address = self.client_address[0]
        if message["Type"] == "registration":
            serial = message["SystemSerialNumber"]
            store((serial, address, "VMC4030P-" + serial[-5:], json.dumps(message)))
            send(address, {"Type": "registerSet", "SetValues": {"PIRTargetState": "Armed", "PIRStartSensitivity": 80, "PIRAction": "Stream"}})
            send(address, {"Type": "raParams", "Params": {}})
            send(address, {"Type": "registerSet", "SetValues": {"VideoOutputResolution": "1080p", "VideoTargetBitrate": 1250}})
            hook({"ip": address, "serial_number": serial, "registration": json.dumps(message, indent=4)})
        elif message["Type"] == "alert" and message["AlertType"] == "pirMotionAlert":
            serial, ip, hostname = device_at(address)
            hook({"ip": ip, "friendly_name": serial, "hostname": hostname, "serial_number": serial, "file_name": ""})


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 12


with sqlite3.connect(DATABASE) as database:
    database.execute("CREATE TABLE devices (serial TEXT PRIMARY KEY, ip TEXT, hostname TEXT, registration TEXT)")
Server((ADDRESS, 4000), Handler).serve_forever()
