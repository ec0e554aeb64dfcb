// The form as HTML: empty, taken, refused. worker-py/src/form_page.py makes the same bytes, so no language is named, and the form
// posts to whatever address it came from.
import { EMPTY, FIELDS, type FormRefusal, type FormText } from "./form";
import { escapeHtml, htmlPage } from "./html";

/** The form, with nothing in it. */
export function formPage(): string {
  return htmlPage("Form", form(EMPTY));
}

/** What was sent. */
export function sentPage(text: FormText): string {
  const entries = FIELDS.map(({ name, label }) => `<dt>${label}</dt>\n<dd>${escapeHtml(text[name])}</dd>\n`);
  return htmlPage("What you sent", `<dl>\n${entries.join("")}</dl>\n<p><a href="">Send another</a></p>\n`);
}

/** Why it was not taken, above the form with what was understood. */
export function refusedPage({ code, message, kept, field }: FormRefusal): string {
  const alert = `<div id="refusal"><p role="alert" data-code="${code}">${escapeHtml(message)}</p></div>\n`;
  return htmlPage("Not taken", alert + form(kept, field?.name));
}

/**
 * The form. It changes nothing, neither for whoever sends it nor for anybody else, so it needs no CSRF token. A browser drops
 * the first line break of a textarea: one is put there, so that the text keeps its own.
 */
function form(text: FormText, wrong?: string): string {
  const [name, message] = FIELDS;
  const attributes = (field: (typeof FIELDS)[number]) =>
    `id="${field.name}" name="${field.name}" maxlength="${field.charactersMax}"${field.name === wrong ? ' aria-invalid="true" aria-describedby="refusal"' : ""}`;
  return `<form method="post">
<label for="name">${name.label}</label>
<input ${attributes(name)} autocomplete="off" value="${escapeHtml(text.name)}">
<label for="message">${message.label}</label>
<textarea ${attributes(message)} rows="8">
${escapeHtml(text.message)}</textarea>
<button>Send</button>
</form>
`;
}
