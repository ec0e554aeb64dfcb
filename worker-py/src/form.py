"""What a form may be, and the text that is in it: type, length, limits. Which bytes are text Starlette's own parsers say; `parts_of`
and `is_text` hold back what they and the Workers platform read differently. The same rules as worker-ts/src/pages/form.ts."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from starlette.formparsers import MultiPartException
from starlette.requests import Request


class Field(NamedTuple):
    name: str
    label: str
    characters_max: int


# The fields, in the order of the page. A line break counts as one character, as it does for `maxlength` in a browser.
FIELDS = (Field("name", "Name", 200), Field("message", "Message", 10_000))
# What nobody has filled in yet.
EMPTY = {field.name: "" for field in FIELDS}

# Bytes of a whole body, whatever its encoding.
BODY_BYTES_MAX = 65_536
# Fields of any name, repeated ones too.
FIELDS_MAX = 10

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# The white space of HTTP (RFC 9110, section 5.6.3): what else counts as such, each language answers for itself.
OUTER = " \t"

# Code of a refusal -> status, and what it says to people.
REFUSALS = {
    "unsupported_type": (415, f"Send {URLENCODED} or {MULTIPART}."),
    "length_required": (411, "Say how long the form is: a Content-Length is needed."),
    "too_large": (413, f"The whole form may have {BODY_BYTES_MAX:,} bytes."),
    "too_many_fields": (400, f"A form may have {FIELDS_MAX} fields."),
    "file_refused": (400, "Files are not taken here, only text."),
    "field_too_long": (400, "A field is too long."),
    "malformed": (400, "The form could not be read: it is not what its content type says."),
}


class FormRefusal(Exception):
    """A form that is not taken. `kept`: what was understood; `field`: the one that is at fault."""

    def __init__(self, code, kept=EMPTY, field=None):
        self.code, self.kept, self.field = code, kept, field
        self.status, sentence = REFUSALS[code]
        if field is not None:
            sentence = f"The field {field.name} may have {field.characters_max:,} characters."
        super().__init__(sentence)


async def read_form(request):
    """The text of a posted form, by the names of FIELDS. Raises FormRefusal."""
    header = request.headers.get("content-type", "")
    kind = header.split(";")[0].strip(OUTER).lower()
    if kind not in (URLENCODED, MULTIPART):
        raise FormRefusal("unsupported_type")
    length = request.headers.get("content-length", "")
    if not re.fullmatch("[0-9]+", length):
        raise FormRefusal("length_required")
    if int(length) > BODY_BYTES_MAX:
        raise FormRefusal("too_large")
    body = await read_bytes(request)
    return text_of(await (parse_urlencoded(body) if kind == URLENCODED else parse_multipart(body, header)))


async def read_bytes(request):
    """The body, counted while it comes in: a wrong Content-Length cannot make us hold more."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise FormRefusal("too_large")
    return bytes(body)


def text_of(entries):
    """The entries, if they are within the limits; a value of None stands for a file. The first of a name counts."""
    text = dict(EMPTY)
    for name, value in reversed(entries):
        if name in text and value is not None:
            text[name] = value
    if any(value is None for _, value in entries):
        raise FormRefusal("file_refused", text)
    if len(entries) > FIELDS_MAX:
        raise FormRefusal("too_many_fields", text)
    for field in FIELDS:
        if len(text[field.name].replace("\r\n", "\n")) > field.characters_max:
            raise FormRefusal("field_too_long", text, field)
    return text


# A percent sign that begins no escape: every parser reads it in its own way.
STRAY = re.compile(rb"%(?![0-9A-Fa-f]{2})")


async def parse_urlencoded(body):
    if STRAY.search(body) or not is_text(body, lambda text: unquote(text, errors="strict")):
        raise FormRefusal("malformed")
    # Starlette reads each byte above ASCII as a character of its own; escaped, it is what it is
    escaped = re.sub(rb"[\x80-\xff]", lambda found: b"%%%02X" % found[0][0], body)
    return await parse(escaped, URLENCODED)


async def parse_multipart(body, header):
    found = re.search(r';[ \t]*boundary=(?:"([^"]*)"|([^ \t";]*))', header, re.IGNORECASE)
    boundary = (found[1] or found[2] or "") if found else ""
    parts = parts_of(body, boundary)
    if parts is None:
        raise FormRefusal("malformed")
    files = [part[1] is not None for part in parts]
    # a file may hold any bytes, and is refused as what it is
    if not is_text(body):
        raise FormRefusal("file_refused" if any(files) else "malformed")
    entries = await parse(body, f'{MULTIPART}; boundary="{boundary}"')
    return [(name, None if file else value) for (name, value), file in zip(entries, files)]


async def parse(body, kind):
    """The entries of a whole body. Starlette's own limits are left wide: its refusals do not say which one it was, and the body is small,
    though escapes may have made it three times as long."""

    async def receive():
        return {"type": "http.request", "body": body}

    scope = {"type": "http", "headers": [(b"content-type", kind.encode())]}
    limits = {"max_files": len(body), "max_fields": len(body), "max_part_size": len(body)}
    try:
        async with Request(scope, receive).form(**limits) as data:
            return data.multi_items()
    except MultiPartException:
        raise FormRefusal("malformed") from None


# RFC 2046, section 5.1.1, without the space.
BOUNDARY = re.compile(r"[\w'()+,./:=?-]{1,70}", re.ASCII)
# A part as every browser writes it (RFC 7578): its name first, a file's name, other headers, an empty line, what it holds.
# python-multipart takes 8 headers of 4,224 bytes; these limits stay below that.
PART = re.compile(
    rb'\r\n[Cc]ontent-[Dd]isposition: form-data; name="[^"\\\r\n]{1,1000}"(; filename="[^"\\\r\n]{0,1000}")?'
    rb"(?:\r\n[\w-]{1,100}: [^\r\n]{0,1000}){0,7}\r\n\r\n.*\r\n",
    re.DOTALL,
)


def parts_of(body, boundary):
    """The parts of a multipart body, if it is parts between boundaries and nothing else: no preamble, no bare line feed, an end."""
    if not BOUNDARY.fullmatch(boundary):
        return None
    before, *rest = body.split(b"--" + boundary.encode())
    if before != b"" or not rest or rest.pop() not in (b"--", b"--\r\n"):
        return None
    parts = [PART.fullmatch(part) for part in rest]
    return parts if all(parts) else None


def is_text(body, decode=str):
    """Whether the bytes are UTF-8, and stay it once they are decoded further."""
    try:
        decode(body.decode())
        return True
    except UnicodeDecodeError:
        return False
