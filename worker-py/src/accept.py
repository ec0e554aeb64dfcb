"""What a caller would rather have, by its header Accept. The same rules as worker-ts/src/pages/accept.ts."""

import re

# A weight: 0 to 1, up to three decimals. An entry with another one is no entry.
WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def prefers_html(accept):
    """Whether HTML is wanted more than plain text; whoever does not care, as curl, gets plain text."""
    weights = {}
    for entry in accept.split(","):
        kind, *parameters = [part.strip().lower() for part in entry.split(";")]
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if WEIGHT.fullmatch(weight):
            weights[kind] = float(weight)

    def weight_of(kind):
        return weights.get(kind, weights.get("text/*", weights.get("*/*", 0)))

    return weight_of("text/html") > weight_of("text/plain")
