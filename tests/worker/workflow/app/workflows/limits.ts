// For the newer cases: runs that come to a limit.
async function addOne(sum: number) {
  "use step";
  return sum + 1;
}

async function repeat(text: string, times: number) {
  "use step";
  return text.repeat(times);
}

async function give<T>(value: T) {
  "use step";
  return value;
}

export async function many(count: number) {
  "use workflow";
  let sum = 0;
  for (let i = 0; i < count; i++) sum = await addOne(sum);
  return sum;
}

export async function large(text: string, times: number) {
  "use workflow";
  const whole = await repeat(text, times);
  return whole.length;
}

export async function echo(value: unknown) {
  "use workflow";
  return await give(value);
}
