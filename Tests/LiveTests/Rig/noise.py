#!/usr/bin/env python3
"""Makes TCP connections without WebSocket.

    noise.py serve HOST PORT              answers each line with a line; prints "listening"
    noise.py talk HOST PORT COUNT         COUNT connections of three lines each, one after another
"""

import socket
import socketserver
import sys


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"250 " + line)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def talk(host, port):
    with socket.create_connection((host, port)) as connection, connection.makefile("rwb", buffering=0) as stream:
        for line in (b"HELO there\n", b"NOOP\n", b"QUIT\n"):
            stream.write(line)
            stream.readline()


if __name__ == "__main__":
    task, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if task == "serve":
        with Server((host, port), Answer) as server:
            print("listening", flush=True)
            server.serve_forever()
    for _ in range(int(sys.argv[4])):
        talk(host, port)
