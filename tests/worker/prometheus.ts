// A reader of Prometheus' text format 0.0.4 for tests, written from its description alone. It refuses what the format does.

export interface ParsedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** The metrics of a text; throws at the first line that is not as the format wants it. */
export function parsePrometheus(text: string): ParsedMetric[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line must end with a line feed");
  const found = new Map<string, ParsedMetric>();
  let current: ParsedMetric | undefined;
  const seen = new Set<string>();
  const lines = text.split("\n").slice(0, -1);
  for (let at = 0; at < lines.length; at++) {
    const help = /^# HELP (\S+) (.*)$/.exec(lines[at]!);
    if (help) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(lines[++at] ?? "");
      if (type?.[1] !== help[1]) throw new Error(`no TYPE behind the HELP of ${help[1]}`);
      if (found.has(help[1]!)) throw new Error(`${help[1]} stands in two groups`);
      current = { name: help[1]!, type: type![2]!, help: plain(help[2]!, false), samples: [] };
      found.set(current.name, current);
      continue;
    }
    const { name, labels, value } = readSample(lines[at]!);
    if (current?.name !== name) throw new Error(`${name} stands outside its group`);
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) throw new Error(`${key} is told twice`);
    seen.add(key);
    current.samples.push({ labels, value });
  }
  return [...found.values()];
}

function readSample(line: string) {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = line.slice(name.length);
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    while (!rest.startsWith("}")) {
      const pair = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|(?=\}))/.exec(rest);
      if (pair === null) throw new Error(`not a label: ${rest}`);
      labels[pair[1]!] = plain(pair[2]!, true);
      rest = rest.slice(pair[0].length);
    }
    rest = rest.slice(1);
  }
  if (!/^ -?\d+(\.\d+)?(e[+-]?\d+)?$/.test(rest)) throw new Error(`not a value: ${line}`);
  return { name, labels, value: Number(rest) };
}

function plain(text: string, quotes: boolean): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => {
    if (letter === "n") return "\n";
    if (letter === "\\" || (quotes && letter === '"')) return letter;
    throw new Error(`not an escape: \\${letter}`);
  });
}
