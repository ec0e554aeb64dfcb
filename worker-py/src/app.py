"""The app: which pages there are, and what every answer goes through. It is mounted at /py, so that no path needs rewriting."""

import sys
import traceback

from counter import counter
from form_page import form
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router

# Those of the main Worker (worker-ts/src/platform/api/headers.ts), where an answer says nothing itself.
SECURITY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


async def hello(request):
    return PlainTextResponse("Hello from Starlette on Python " + sys.version.split()[0])


async def refuse(request, error):
    """An address or a method that there is not. Starlette keeps methods in a set, which has no order."""
    headers = {name: ", ".join(sorted(value.split(", "))) for name, value in (error.headers or {}).items()}
    return PlainTextResponse(error.detail, error.status_code, headers)


class Frame:
    """Around every answer: the security headers, and 500 without a word of what broke; the log has the traceback."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun = False

        async def send_framed(message):
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_framed)
        except Exception:
            traceback.print_exc()
            if begun:
                raise
            await PlainTextResponse("Something went wrong on the server.", 500)(scope, receive, send_framed)


pages = [
    Route("/", hello),
    Route("/hello", hello),
    Route("/form", form, methods=["GET", "POST"]),
    Route("/counter", counter),
]
app = Starlette(
    routes=[Mount("/py", app=Router(pages, redirect_slashes=False))],
    middleware=[Middleware(Frame)],
    exception_handlers={HTTPException: refuse},
)
app.router.redirect_slashes = False
