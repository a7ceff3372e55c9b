"""Also right, and not in Rust. Run it: python3 new_lesson.py server --addr 127.0.0.1:9090"""

import argparse
import socket
import sys


def arguments():
    parser = argparse.ArgumentParser(description="new-lesson")
    roles = parser.add_subparsers(dest="role", required=True)
    server = roles.add_parser("server")
    server.add_argument("--addr", default="127.0.0.1:9090", metavar="HOST:PORT")
    words = sys.argv[1:]
    if not words or words[0].startswith("--addr"):
        words.insert(0, "server")
    return parser.parse_args(words)


def serve(listener):
    host, port = listener.getsockname()[:2]
    print(f"listening on {host}:{port}", flush=True)
    while True:
        client, _ = listener.accept()
        with client:
            client.sendall(b"hello\n")


def main():
    addr = arguments().addr
    host, port = addr.rsplit(":", 1)
    try:
        serve(socket.create_server((host, int(port))))
    except OSError as error:
        sys.exit(f"{addr}: {error}")


main()
