"""/py/counter: counts each time it is asked for; a number for programs, a page for browsers."""

from accept import prefers_html
from page import STILL, html, html_page
from starlette.responses import PlainTextResponse

PAGE = "/py/counter"
# One step, no read before it: two at once never get one number. The main Worker brings the table, and sends the same statement.
STATEMENT = (
    "INSERT INTO page_views (page, count) VALUES (?, 1) "
    "ON CONFLICT (page) DO UPDATE SET count = count + 1 RETURNING count"
)


async def counter(request):
    row = await request.scope["env"].DB.prepare(STATEMENT).bind(PAGE).first()
    text = f"count={row['count']}"
    if prefers_html(request.headers.get("accept", "")):
        answer = html(html_page("Counter", f"<p>{text}</p>\n"), STILL)
    else:
        answer = PlainTextResponse(text)
    answer.headers["cache-control"] = "no-store"
    answer.headers["vary"] = "accept"
    return answer
