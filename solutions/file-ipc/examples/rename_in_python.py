#!/usr/bin/env python3
"""Also right: Python, standard library only. A draft with a random name, fsync, os.replace.

Run it: python3 rename_in_python.py send hello
"""

# Nothing more is imported: argparse and tempfile would take as long as all the rest of a start.
import os
import sys
import time

PAUSE = 0.05
USAGE = """\
a mailbox for two programs

usage: rename_in_python.py [recv] [--file PATH] [--timeout SECONDS] [--take]
       rename_in_python.py send [--file PATH] TEXT     (TEXT may be -, for stdin)
both:  --color auto|always|never, --help"""


def send(path, text):
    message = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)
    # The draft's folder is the mailbox's own: os.replace works only within one file system.
    draft = os.path.join(os.path.dirname(path), f".draft-{os.getpid()}-{os.urandom(8).hex()}")
    try:
        with open(draft, "xb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())  # so that it outlives a power failure; readers don't need it
        os.replace(draft, path)
    except BaseException:
        try:
            os.unlink(draft)
        except FileNotFoundError:
            pass  # it could not even be made
        raise


def look(path, take):
    """The message, or None when there is none yet. A missing folder is an error."""
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise FileNotFoundError(2, "no such folder", path)
    try:
        with open(path, "rb") as file:  # a mailbox that can't be read stays where it is
            if not take:
                return file.read()
        mine = f"{path}.{os.getpid()}.taken"
        os.rename(path, mine)  # of several takers one gets it
    except FileNotFoundError:
        return None
    with open(mine, "rb") as file:
        message = file.read()
    os.unlink(mine)
    return message


def receive(path, timeout, take):
    end = None if timeout is None else time.monotonic() + timeout
    while (message := look(path, take)) is None:
        if end is not None and time.monotonic() >= end:
            raise TimeoutError("timed out")
        time.sleep(PAUSE)
    sys.stdout.buffer.write(message)
    sys.stdout.buffer.flush()


def wrong(words):
    print(f"{words}\n\n{USAGE}", file=sys.stderr)
    sys.exit(2)


def arguments(words):
    """What was asked for: role, text, and the options by name."""
    words = list(words)
    role = words.pop(0) if words and words[0] in ("send", "recv") else "recv"
    given = {"--file": "./mailbox", "--timeout": None, "--take": False, "--color": "auto"}
    texts = []
    while words:
        word = words.pop(0)
        if word in ("-h", "--help"):
            print(USAGE)
            sys.exit(0)
        elif word == "--":
            texts += words
            words = []
        elif word == "--take":
            given[word] = True
        elif word in given and words:
            given[word] = words.pop(0)
        elif word.startswith("--"):
            wrong(f"{word} needs a value" if word in given else f"there is no option {word}")
        else:
            texts.append(word)
    if len(texts) != (1 if role == "send" else 0):
        wrong("send takes one text" if role == "send" else f"what is {texts[0]}?")
    if given["--color"] not in ("auto", "always", "never"):
        wrong("--color is auto, always or never")
    try:
        timeout = given["--timeout"] and float(given["--timeout"])
    except ValueError:
        wrong("--timeout is a number of seconds")
    return role, texts, given["--file"], timeout, given["--take"]


def main():
    role, texts, path, timeout, take = arguments(sys.argv[1:])
    try:
        if role == "send":
            send(path, texts[0])
        else:
            receive(path, timeout, take)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads stdout any more
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        print(f"{path}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
