"""Also right: no call waits. Every 30 ms it looks who calls, what has come and what was typed. A
peer's text begins a line of its own, below an open prompt, and whoever sends too long a line is told
so and heard out before the connection is closed.

Run it: python3 chat_by_polling.py server
"""

import argparse
import contextlib
import os
import re
import socket
import sys
import time

PAUSE = 0.03
LONGEST = 8192
HOSTILE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def address(text):
    """HOST:PORT, IPv6 in brackets; argparse turns the error into exit code 2."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@\[\]]+)):(\d{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise argparse.ArgumentTypeError(f"invalid address {text!r}, write HOST:PORT")
    return text, (found[1] or found[2], int(found[3]))


def arguments():
    parser = argparse.ArgumentParser(description="TCP chat")
    roles = parser.add_subparsers(dest="role", required=True)
    for name in ("server", "client"):
        role = roles.add_parser(name)
        role.add_argument("--addr", type=address, default="127.0.0.1:9090", metavar="HOST:PORT")
        role.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    words = sys.argv[1:]
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words.insert(0, "server")
    return parser.parse_args(words)


def named(addr):
    return f"[{addr[0]}]:{addr[1]}" if ":" in addr[0] else f"{addr[0]}:{addr[1]}"


class Lines:
    """The lines of a stream that never waits. `lines` has those that are whole."""

    def __init__(self, read):
        self.read = read
        self.bytes = b""
        self.lines = []
        self.ended = False

    def look(self):
        if self.ended:
            return
        try:
            part = self.read(65536)
        except BlockingIOError:
            return  # nothing yet
        self.bytes += part
        if not part:
            self.ended = True
            self.bytes += b"\n" if self.bytes else b""
        *lines, self.bytes = self.bytes.split(b"\n")
        self.lines += [line.removesuffix(b"\r") for line in lines]


def show(text):
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def say(peer, line):
    peer.setblocking(True)
    peer.sendall(line + b"\n")
    peer.setblocking(False)


def hang_up(peer):
    """To close with bytes unread is a reset, and with that the peer could lose what it is told."""
    say(peer, b"error: line too long")
    peer.shutdown(socket.SHUT_WR)
    peer.settimeout(2)
    while peer.recv(65536):
        pass


def talk(peer, who, keyboard):
    peer.setblocking(False)
    heard = Lines(peer.recv)
    says_more = True
    show(">>> ")
    while True:
        heard.look()
        keyboard.look()
        for line in heard.lines:
            if line == b"q":
                return
            if len(line) > LONGEST:
                return hang_up(peer)
            text = HOSTILE.sub(lambda c: f"<{ord(c[0]):02X}>", line.decode("utf-8", "replace"))
            show(f"\nfrom {who}: {text}\n>>> ")
        heard.lines.clear()
        if heard.ended:
            return
        if len(heard.bytes) > LONGEST + 1:
            return hang_up(peer)
        while keyboard.lines:
            line = keyboard.lines.pop(0)
            if len(line) > LONGEST:
                print("not sent: line too long", file=sys.stderr, flush=True)
            else:
                say(peer, line)
                if line == b"q":
                    return
            show(">>> ")
        if keyboard.ended and says_more:
            says_more = False
            peer.shutdown(socket.SHUT_WR)
        time.sleep(PAUSE)


def serve(addr, keyboard):
    family = socket.AF_INET6 if ":" in addr[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(addr)
    listener.listen(128)
    listener.setblocking(False)
    show(f"listening on {named(listener.getsockname())}\n")
    while not keyboard.ended or keyboard.lines:
        try:
            peer, who = listener.accept()
        except BlockingIOError:
            keyboard.look()
            time.sleep(PAUSE)
            continue
        with peer:
            try:
                talk(peer, named(who), keyboard)
            except OSError as error:
                print(f"{named(who)}: {error}", file=sys.stderr, flush=True)


def main():
    given = arguments()
    text, addr = given.addr
    os.set_blocking(0, False)
    keyboard = Lines(lambda size: os.read(0, size))
    try:
        if given.role == "server":
            serve(addr, keyboard)
            return
        with socket.create_connection(addr) as peer:
            with contextlib.suppress(ConnectionResetError):
                talk(peer, named(peer.getpeername()), keyboard)
    except BrokenPipeError:
        sys.stdout = None  # nobody reads our stdout any more
    except OSError as error:
        print(f"{text}: {error}", file=sys.stderr)
        sys.exit(1)


main()
