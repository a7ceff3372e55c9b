#!/usr/bin/env python3
"""Also right: Python, standard library only. The client is not connected and looks at each sender
itself; the colours are written by hand, one code at a time, and reset as `tput sgr0` does it. The
prompt has a colour of its own.

Run it: python3 chat_over_udp.py server
"""

import argparse
import os
import socket
import sys
import time
import unicodedata

LONGEST = 1024
RESET = "\x1b(B\x1b[m"  # the usual characters, no colours
INKS = {"alex": (33, 42), "太白": (35, 40)}


def parse(message):
    name, colon, text = message.partition(":")
    return (name.strip(), text.removeprefix(" ")) if colon else (None, message)


def visible(message):
    def safe(char):
        return char == "\t" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp")

    return "".join(c if safe(c) else f"\\u{ord(c):04x}" for c in message)


def painted(message, coloured):
    ink = INKS.get(parse(message)[0])
    if not ink or not coloured:
        return visible(message)
    return f"\x1b[{ink[0]}m\x1b[{ink[1]}m{visible(message)}{RESET}"


def say(line):
    sys.stdout.buffer.write((line + "\n").encode())
    sys.stdout.buffer.flush()


def ask(prefix, coloured):
    """The datagram that the user types, or None at the end of the input."""
    while True:
        sys.stdout.write(f"\x1b[36m>>> {RESET}" if coloured else ">>> ")
        sys.stdout.flush()
        line = sys.stdin.buffer.readline()
        if not line:
            return None
        datagram = prefix.encode() + line.removesuffix(b"\n").removesuffix(b"\r")
        if len(datagram) <= LONGEST:
            return datagram
        print(f"{len(datagram)} bytes are too many, not sent", file=sys.stderr, flush=True)


def serve(args):
    family, place = resolve(args.addr)
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind(place)
        say("listening on " + shown_addr(server.getsockname()))
        while True:
            datagram, client = server.recvfrom(65535)
            if len(datagram) > LONGEST:
                sender = shown_addr(client)
                print(f"{sender}: {len(datagram)} bytes", file=sys.stderr, flush=True)
                continue
            message = datagram.decode(errors="replace")
            say(painted(message, args.coloured))
            if parse(message)[1] == "q":
                continue
            answer = ask("", args.coloured)
            if answer is None:
                return
            try:
                server.sendto(answer, client)
            except OSError as error:
                print(f"{shown_addr(client)}: {error}", file=sys.stderr, flush=True)
            if answer == b"q":
                return


def talk(args):
    family, server = resolve(args.addr)
    goodbye = f"{args.name} : q".encode()
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        while (datagram := ask(args.name + " : ", args.coloured)) is not None:
            client.sendto(datagram, server)
            if datagram == goodbye:
                return
            answer = receive(client, server, args.timeout)
            if answer == b"q":
                return
            say(visible(answer.decode(errors="replace")))


def receive(client, server, timeout):
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        client.settimeout(left)
        try:
            answer, sender = client.recvfrom(65535)
        except TimeoutError:
            break
        if sender[:2] == server[:2]:
            return answer
    raise TimeoutError("timed out")


def resolve(addr):
    family, _, _, _, place = socket.getaddrinfo(*addr, type=socket.SOCK_DGRAM)[0]
    return family, place


def shown_addr(place):
    host, port = place[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address(typed):
    host, colon, port = typed.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    well_formed = colon and bare and port.isdigit() and int(port) < 65536
    if not well_formed or (":" in bare) != (host != bare):
        raise argparse.ArgumentTypeError(f"invalid address {typed}, it must be HOST:PORT")
    return bare, int(port)


def arguments(words):
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words = ["server", *words]
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--addr", type=address, default=("127.0.0.1", 9090))
    common.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser = argparse.ArgumentParser(description="a chat over UDP")
    roles = parser.add_subparsers(dest="role")
    roles.add_parser("server", parents=[common])
    client = roles.add_parser("client", parents=[common])
    client.add_argument("--name", required=True)
    client.add_argument("--timeout", type=float, default=5)
    args = parser.parse_args(words)
    auto = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    args.coloured = {"auto": auto, "always": True, "never": False}[args.color]
    return args


def main():
    args = arguments(sys.argv[1:])
    try:
        serve(args) if args.role == "server" else talk(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads stdout any more
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        print(f"{shown_addr(args.addr)}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
