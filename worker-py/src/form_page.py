"""/py/form: shows the form, and shows what was sent. worker-ts/src/pages/form-page.ts makes the same bytes, so no language is named, and
the form posts to whatever address it came from."""

from html import escape

from form import EMPTY, FIELDS, FormRefusal, read_form
from page import html, html_page

# `form-action` lets the form post to where it came from, and nowhere else.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"


async def form(request):
    if request.method != "POST":
        return html(html_page("Form", form_html(EMPTY)), POLICY)
    try:
        return html(sent_page(await read_form(request)), POLICY)
    except FormRefusal as refusal:
        return html(refused_page(refusal), POLICY, refusal.status)


def sent_page(text):
    """What was sent."""
    entries = [f"<dt>{field.label}</dt>\n<dd>{escape(text[field.name])}</dd>\n" for field in FIELDS]
    return html_page("What you sent", f'<dl>\n{"".join(entries)}</dl>\n<p><a href="">Send another</a></p>\n')


def refused_page(refusal):
    """Why it was not taken, above the form with what was understood."""
    alert = f'<div id="refusal"><p role="alert" data-code="{refusal.code}">{escape(str(refusal))}</p></div>\n'
    return html_page("Not taken", alert + form_html(refusal.kept, refusal.field))


def form_html(text, wrong=None):
    """The form. It changes nothing, neither for whoever sends it nor for anybody else, so it needs no CSRF token. A browser drops the
    first line break of a textarea: one is put there, so that the text keeps its own."""

    def attributes(field):
        fault = ' aria-invalid="true" aria-describedby="refusal"' if field is wrong else ""
        return f'id="{field.name}" name="{field.name}" maxlength="{field.characters_max}"{fault}'

    name, message = FIELDS
    return f"""<form method="post">
<label for="name">{name.label}</label>
<input {attributes(name)} autocomplete="off" value="{escape(text["name"])}">
<label for="message">{message.label}</label>
<textarea {attributes(message)} rows="8">
{escape(text["message"])}</textarea>
<button>Send</button>
</form>
"""
