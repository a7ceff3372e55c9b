"""Also right: another language, and no threads. Python, standard library only; one select over the
listener or the peer, and stdin. While nobody is there, stdin is left alone.

Run it: python3 chat.py server
"""

import argparse
import contextlib
import os
import re
import select
import socket
import sys

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
    """The lines of a stream, made of bytes as they come; `receive` gives some, b"" at the end."""

    def __init__(self, receive):
        self.receive = receive
        self.bytes = b""
        self.ended = False

    def fileno(self):
        return self.receive.__self__.fileno() if self.receive != read_stdin else 0

    def more(self):
        """The lines that are whole after one read. None: the stream has ended."""
        part = self.receive(65536)
        self.bytes += part
        if not part:
            self.ended = True
            self.bytes += b"\n" if self.bytes else b""
        *lines, self.bytes = self.bytes.split(b"\n")
        return [line.removesuffix(b"\r") for line in lines]


def read_stdin(size):
    return os.read(0, size)


def show(text):
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def talk(peer, who, keyboard, pending):
    """One conversation. `pending` are typed lines that were read and not yet said."""
    heard = Lines(peer.recv)
    show(">>> ")
    if keyboard.ended and not pending:
        peer.shutdown(socket.SHUT_WR)
    while True:
        sources = [heard] if keyboard.ended else [heard, keyboard]
        ready = select.select(sources, [], [], 0 if pending else None)[0]
        if heard in ready:
            for line in heard.more():
                if line == b"q" or len(line) > LONGEST:
                    return
                text = line.decode("utf-8", "replace")
                text = HOSTILE.sub(lambda found: f"<{ord(found[0]):02X}>", text)
                show(f"from {who}: {text}\n>>> ")
            if heard.ended or len(heard.bytes) > LONGEST + 1:
                return
        if keyboard in ready:
            pending += keyboard.more()
        if pending:
            line = pending.pop(0)
            if len(line) > LONGEST:
                print("not sent: line too long", file=sys.stderr, flush=True)
            else:
                peer.sendall(line + b"\r\n")  # CRLF is a line's end, too
                if line == b"q":
                    return
            show(">>> ")
        if keyboard.ended and not pending:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_WR)


def serve(addr, keyboard):
    family = socket.AF_INET6 if ":" in addr[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(addr)
    listener.listen(128)
    show(f"listening on {named(listener.getsockname())}\n")
    pending = []
    while not keyboard.ended or pending:
        peer, who = listener.accept()
        with peer:
            try:
                talk(peer, named(who), keyboard, pending)
            except BrokenPipeError:
                with contextlib.suppress(OSError):
                    show("")
            except OSError as error:
                print(f"{named(who)}: {error}", file=sys.stderr, flush=True)


def main():
    given = arguments()
    text, addr = given.addr
    keyboard = Lines(read_stdin)
    try:
        if given.role == "server":
            serve(addr, keyboard)
            return
        with socket.create_connection(addr) as peer:
            who = named(peer.getpeername())
            with contextlib.suppress(ConnectionResetError):
                talk(peer, who, keyboard, [])
    except BrokenPipeError:
        sys.stdout = None  # nobody reads our stdout any more
    except OSError as error:
        print(f"{text}: {error}", file=sys.stderr)
        sys.exit(1)


main()
