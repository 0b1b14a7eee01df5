#!/usr/bin/python3
"""An SMTP server that takes everything and writes each mail as a line of JSON to stdout.

    smtp_sink.py ADDRESS PORT [silent]      silent: accepts connections and never says a word

Started as a program inside a lab host; `read(path)` gives what one wrote to its log."""
import json
import os
import pathlib
import socket
import sys
import threading


def tell(event):
    """A line in one write: each connection has its own thread, and print writes text and line end apart."""
    os.write(sys.stdout.fileno(), (json.dumps(event) + "\n").encode())


def serve(connection):
    try:
        talk(connection)
    except ConnectionError as error:  # a client that ends or is stopped does not always say QUIT
        tell({"broken off": str(error)})


def talk(connection):
    stream = connection.makefile("rwb")

    def say(text):
        stream.write(text.encode() + b"\r\n")
        stream.flush()

    mail = {"helo": None, "from": None, "to": []}
    say("220 sink")
    while line := stream.readline():
        verb = line[:4].upper()
        if verb == b"QUIT":
            say("221 bye")
            return
        if verb == b"DATA":
            say("354 go on")
            lines = []
            while (line := stream.readline()) not in (b".\r\n", b""):
                lines.append(line.decode().rstrip("\r\n"))
            at = lines.index("")
            mail["headers"] = dict(x.split(": ", 1) for x in lines[:at])
            mail["body"] = "\n".join(lines[at + 1:])
            tell(mail)
            mail = {"helo": mail["helo"], "from": None, "to": []}
        elif verb in (b"HELO", b"EHLO"):
            mail["helo"] = line[4:].decode().strip()
        elif verb == b"MAIL":
            mail["from"] = line.decode().strip().split(":", 1)[1]
        elif verb == b"RCPT":
            mail["to"].append(line.decode().strip().split(":", 1)[1])
        say("250 ok")


def main():
    server = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=128)
    silent, held = sys.argv[3:] == ["silent"], []
    tell({"listening": True})
    while True:
        connection = server.accept()[0]
        if silent:
            held.append(connection)
            tell({"accepted": len(held)})
        else:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


def read(path):
    path = pathlib.Path(path)
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(x) for x in lines if x.endswith("\n")]


if __name__ == "__main__":
    main()
