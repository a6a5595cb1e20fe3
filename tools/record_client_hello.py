"""Records what a client says first: runs it against a listener on loopback and keeps its ClientHello.

    python tools/record_client_hello.py KEY 'what sends it, with versions' -- openssl s_client -connect 127.0.0.1:PORT

`PORT` in the command is replaced by the listener's. The record goes into tools/client_hellos.json, which
tools/write_clients.py reads.
"""

import argparse
import base64
import datetime
import json
import pathlib
import socket
import subprocess

HELLOS = pathlib.Path(__file__).parent / "client_hellos.json"
SECONDS = 25.0
HEADER = 5  # bytes before the content of a TLS record: type, version, length


def main() -> None:
    """Records one client."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("sent_by")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    record = heard(asked.command)
    document = json.loads(HELLOS.read_text("utf-8"))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    document["hellos"][asked.key] = {
        "sent_by": asked.sent_by,
        "recorded": today,
        "hello": base64.b64encode(record).decode(),
    }
    HELLOS.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(f"{asked.key}: {len(record)} bytes")


def heard(command: list[str]) -> bytes:
    """The first TLS record that the command sends. The connection then ends, and so does the command."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        port = str(listener.getsockname()[1])
        words = [word.replace("PORT", port) for word in command]
        client = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(SECONDS)
                header = stream.read(HEADER)
                return header + stream.read(int.from_bytes(header[3:], "big"))
        finally:
            client.kill()
            client.wait()


if __name__ == "__main__":
    main()
