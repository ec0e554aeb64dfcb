// For the suite's case "addition": one step.
async function add(a: number, b: number) {
  "use step";
  return a + b;
}

export async function addition(a: number, b: number) {
  "use workflow";
  return await add(a, b);
}
