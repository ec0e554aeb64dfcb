// For the suite's case "idempotency": five steps at once, then fifteen.
let count = 0;

async function noop(_turn: number) {
  "use step";
  count += 1;
  return count;
}

export async function brokenWf() {
  "use workflow";
  const first = await Promise.all(Array.from({ length: 5 }, (_, turn) => noop(turn)));
  const second = await Promise.all(Array.from({ length: 15 }, (_, turn) => noop(100 + turn)));
  return { numbers: [...first, ...second] };
}
