#!/usr/bin/env python3
"""Also right: Python, standard library only. A draft with a random name, fsync, os.replace.

Run it: python3 rename_in_python.py send hello
"""

import argparse
import os
import sys
import tempfile
import time

PAUSE = 0.05


def send(path, text):
    message = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)
    # The draft's folder is the mailbox's own: os.replace works only within one file system.
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())  # so that it outlives a power failure; readers don't need it
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise


def look(path, take):
    """The message, or None when there is none yet. A missing folder is an error."""
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise FileNotFoundError(2, "no such folder", path)
    try:
        if take:
            # A look moves nothing: a folder, or a file that we may not read, is told and stays.
            open(path, "rb").close()
            mine = f"{path}.{os.getpid()}.taken"
            os.rename(path, mine)
            path = mine
        with open(path, "rb") as file:
            message = file.read()
    except FileNotFoundError:
        return None
    if take:
        os.unlink(path)
    return message


def receive(path, timeout, take):
    end = None if timeout is None else time.monotonic() + timeout
    while (message := look(path, take)) is None:
        if end is not None and time.monotonic() >= end:
            raise TimeoutError("timed out")
        time.sleep(PAUSE)
    sys.stdout.buffer.write(message)
    sys.stdout.buffer.flush()


def arguments(words):
    if not words or words[0].startswith("-") and words[0] not in ("-h", "--help"):
        words = ["recv", *words]
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--file", default="./mailbox", metavar="PATH")
    common.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser = argparse.ArgumentParser(description="a mailbox for two programs")
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("send", parents=[common]).add_argument("text")
    recv = roles.add_parser("recv", parents=[common])
    recv.add_argument("--timeout", type=float)
    recv.add_argument("--take", action="store_true")
    return parser.parse_args(words)


def main():
    given = arguments(sys.argv[1:])
    try:
        if given.role == "send":
            send(given.file, given.text)
        else:
            receive(given.file, given.timeout, given.take)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads stdout any more
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
