#!/usr/bin/env python3
"""Also right: Python, standard library only. Unconnected client, deadline, one socket a question."""

import argparse
import datetime
import os
import socket
import sys
import time
import unicodedata

# time.strftime takes what it does not know as text, or hands it to the C library, so this
# program reads the format itself and asks strftime for one specifier at a time.
KNOWN = "YmdHMSjy%aAbBpIzF"


def render(request):
    try:
        text = request.decode() or "%Y-%m-%d %H:%M:%S"
    except UnicodeDecodeError:
        return b"error: not UTF-8"
    now = datetime.datetime.now()
    pieces = iter(text)
    reply = []
    for piece in pieces:
        if piece == "%":
            specifier = next(pieces, "")
            if not specifier or specifier not in KNOWN:
                return b"error: cannot render %" + specifier.encode()
            piece = now.strftime("%" + specifier)
        reply.append(piece)
    reply = "".join(reply).encode()
    return reply if len(reply) <= 1024 else b"error: too long"


def serve(addr):
    with bound(addr) as server:
        print("listening on", shown_addr(server.getsockname()), flush=True)
        while True:
            try:
                request, client = server.recvfrom(65535)
                server.sendto(render(request), client)
            except OSError as error:
                print(error, file=sys.stderr)


def bound(addr):
    family, place = resolve(addr)
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind(place)
    return server


def resolve(addr):
    family, _, _, _, place = socket.getaddrinfo(*addr, type=socket.SOCK_DGRAM)[0]
    return family, place


def shown_addr(place):
    host, port = place[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def ask(plan):
    family, server = resolve(plan.addr)
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        for _ in range(1 + plan.retries):
            client.sendto(plan.format.encode(), server)
            deadline = time.monotonic() + plan.timeout
            while (left := deadline - time.monotonic()) > 0:
                client.settimeout(left)
                try:
                    reply, sender = client.recvfrom(65535)
                except TimeoutError:
                    break
                if sender[:2] == server[:2]:
                    return reply
    raise TimeoutError("timed out")


def visible(reply):
    def safe(char):
        return char == "\t" or unicodedata.category(char) not in ("Cc", "Cf")

    text = reply.decode(errors="replace")
    return "".join(c if safe(c) else f"\\u{ord(c):04x}" for c in text)


def ask_all(plan):
    asked = 0
    while asked != plan.count:
        if asked:
            time.sleep(plan.interval)
        reply = visible(ask(plan))
        if reply.startswith("error:"):
            raise ValueError(reply)
        print(reply, flush=True)
        asked += 1


def address(typed):
    host, colon, port = typed.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not (colon and bare and port.isdigit() and int(port) < 65536) or (":" in bare) != (host != bare):
        raise argparse.ArgumentTypeError(f"invalid address {typed}, it must be HOST:PORT")
    return bare, int(port)


def arguments(words):
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words = ["server", *words]
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--addr", type=address, default=("127.0.0.1", 9090))
    common.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser = argparse.ArgumentParser(description="the time over UDP")
    roles = parser.add_subparsers(dest="role")
    roles.add_parser("server", parents=[common])
    client = roles.add_parser("client", parents=[common])
    client.add_argument("format", nargs="?", default="")
    client.add_argument("--interval", type=float, default=2)
    client.add_argument("--count", type=int, default=-1)
    client.add_argument("--timeout", type=float, default=1)
    client.add_argument("--retries", type=int, default=3)
    return parser.parse_args(words)


def main():
    args = arguments(sys.argv[1:])
    try:
        serve(args.addr) if args.role == "server" else ask_all(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads stdout any more
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, ValueError) as error:
        print(f"{shown_addr(args.addr)}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
