"""The form by the vectors that the Workers are tested with (tests/vectors/form.json), under plain Python: no Worker, no pool.
PYTHONPATH=worker-py/src:worker-py/python_modules python3 -m unittest worker-py/tests/test_form.py"""

import asyncio
import json
import unittest
from pathlib import Path

from accept import prefers_html
from app import app
from form import BODY_BYTES_MAX, FormRefusal, read_bytes
from starlette.requests import Request

VECTORS = Path(__file__).parents[2] / "tests" / "vectors"


def vectors(name):
    return json.loads((VECTORS / name).read_text("utf-8"))


def body_of(pieces):
    """Bytes of a vector's body: text, a repeated text, or bytes that are no text."""

    def bytes_of(piece):
        if isinstance(piece, str):
            return piece.encode()
        return bytes.fromhex(piece["hex"]) if "hex" in piece else (piece["repeat"] * piece["times"]).encode()

    return b"".join(bytes_of(piece) for piece in pieces)


def receiver(parts):
    """What an ASGI server hands in, part by part."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b""})

    async def receive():
        return messages.pop(0)

    return receive


def ask(method, path, headers=(), parts=()):
    """Calls the app; answers status, headers and text."""
    sent = []

    async def send(message):
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs, "query_string": b""}
    asyncio.run(app(scope, receiver(parts), send))
    start, *rest = sent
    head = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], head, b"".join(message["body"] for message in rest).decode()


class Pages(unittest.TestCase):
    def test_vectors(self):
        for vector in vectors("form.json"):
            body = body_of(vector["body"])
            headers = [("content-type", vector["type"])]
            if vector.get("length", True):
                headers.append(("content-length", str(len(body))))
            # a body comes in parts, cut anywhere
            for parts in ([body], [body[:7], body[7:]], [body[: len(body) // 2], body[len(body) // 2 :]]):
                with self.subTest(f"{vector['id']} {vector['name']}"):
                    status, head, text = ask("POST", "/py/form", headers, parts)
                    self.assertEqual(status, vector["status"], text)
                    for piece in vector["holds"]:
                        self.assertIn(piece, text)
                    for piece in vector.get("lacks", []):
                        self.assertNotIn(piece, text)
                    self.assertIn("form-action 'self'", head["content-security-policy"])

    def test_accept(self):
        for vector in vectors("accept.json"):
            with self.subTest(vector["accept"]):
                self.assertEqual(prefers_html(vector["accept"]), vector["html"])

    def test_body_is_counted(self):
        """P13 A length that is too small does not let more in."""
        request = Request({"type": "http", "headers": []}, receiver([b"a" * BODY_BYTES_MAX, b"a"]))
        with self.assertRaises(FormRefusal) as refused:
            asyncio.run(read_bytes(request))
        self.assertEqual(refused.exception.code, "too_large")

    def test_exception(self):
        """P32 The counter has no database here: 500, and not a word of it."""
        status, _, text = ask("GET", "/py/counter")
        self.assertEqual((status, text), (500, "Something went wrong on the server."))
