"""Also right: another language. Python, standard library only, a selector instead of threads
in the server, which therefore never blocks on one client.

Run it: python3 echo.py server
"""

import argparse
import contextlib
import os
import re
import selectors
import socket
import sys
import threading

PART = 64 * 1024


def address(text):
    """HOST:PORT, IPv6 in brackets; argparse turns the error into exit code 2."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@\[\]]+)):(\d{1,5})", text)
    if not found or int(found[3]) > 65535:
        raise argparse.ArgumentTypeError(f"invalid address {text!r}, write HOST:PORT")
    host = found[1] or found[2]
    if re.fullmatch(r"[\d.]+", host) and not re.fullmatch(r"(\d+\.){3}\d+", host):
        raise argparse.ArgumentTypeError(f"invalid IPv4 address {host!r}")
    return text, (host, int(found[3]))


def arguments():
    color = {"choices": ["auto", "always", "never"], "default": "auto"}
    parser = argparse.ArgumentParser(description="TCP echo")
    roles = parser.add_subparsers(dest="role", required=True)
    server = roles.add_parser("server")
    client = roles.add_parser("client")
    client.add_argument("message", nargs="?")
    for role in (server, client):
        role.add_argument("--addr", type=address, default="127.0.0.1:8898", metavar="HOST:PORT")
        role.add_argument("--color", **color)
    words = sys.argv[1:]
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words.insert(0, "server")
    return parser.parse_args(words)


def serve(addr):
    family = socket.AF_INET6 if ":" in addr[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    # Unlike Rust's TcpListener, Python's socket doesn't ask for this by itself. Without it a
    # restarted server waits until the last connection's TIME-WAIT is over.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(addr)
    listener.listen(128)
    listener.setblocking(False)
    host, port = listener.getsockname()[:2]
    print(f"listening on [{host}]:{port}" if ":" in host else f"listening on {host}:{port}",
          flush=True)

    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    unsent = {}  # what was read and is not yet written back, a client: at most one part

    def turn(client):
        """Writes while there is something to write, else reads: so one part is the most."""
        try:
            if unsent[client]:
                count = client.send(unsent[client])
                unsent[client] = unsent[client][count:]
            else:
                unsent[client] = client.recv(PART)
                if not unsent[client]:
                    raise EOFError
        except BlockingIOError:
            return
        except (OSError, EOFError):
            ready.unregister(client)
            client.close()
            del unsent[client]
            return
        wanted = selectors.EVENT_WRITE if unsent[client] else selectors.EVENT_READ
        ready.modify(client, wanted)

    while True:
        for key, _ in ready.select():
            if key.fileobj is not listener:
                turn(key.fileobj)
                continue
            try:
                client, _ = listener.accept()
            except OSError as error:
                print(error, file=sys.stderr)
                continue
            client.setblocking(False)
            unsent[client] = b""
            ready.register(client, selectors.EVENT_READ)


def ask(addr, message):
    with socket.create_connection(addr) as server:
        failed = []

        def send():
            try:
                if message is not None:
                    server.sendall(os.fsencode(message))
                else:
                    while part := os.read(0, PART):
                        server.sendall(part)
            except OSError as error:
                failed.append(error)
            finally:
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        while part := server.recv(PART):
            while part:
                part = part[os.write(1, part):]
        if failed:
            raise failed[0]


def main():
    given = arguments()
    text, addr = given.addr
    try:
        if given.role == "server":
            serve(addr)
        else:
            ask(addr, given.message)
    except BrokenPipeError:
        sys.exit(0)  # nobody reads our stdout any more
    except OSError as error:
        print(f"{text}: {error}", file=sys.stderr)
        sys.exit(1)


main()
