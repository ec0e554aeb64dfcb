"""The Python Worker: hands requests to the app. The one file that knows it is a Worker; all else here runs under any Python."""

import asgi
import js
from app import app
from form import BODY_BYTES_MAX
from workers import WorkerEntrypoint


def bounded(request):
    """The request, without its body where that has no length or too great a one: `asgi` reads a whole body before the app is asked,
    and the app refuses such a form by its headers anyway."""
    length = request.headers.get("content-length") or ""
    if length.isdecimal() and int(length) <= BODY_BYTES_MAX:
        return request
    return js.Request.new(request.url, method=request.method, headers=request.headers)


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        # the runtime's own object: the SDK's wrapper knows only the methods of Python's list
        return await asgi.fetch(app, bounded(request.js_object), self.env, self.ctx)
