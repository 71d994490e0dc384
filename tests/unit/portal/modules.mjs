// Calls the portal's modules for the tests. Each line that comes in is {module, expression, argument}; each line that
// goes out is {value} or {error}.

import { createInterface } from "node:readline";

const portal = new URL("../../../portal/", import.meta.url);

for await (const line of createInterface({ input: process.stdin })) {
  const { module, expression, argument } = JSON.parse(line);
  let answer;
  try {
    const call = new Function("module", "argument", `return ${expression}`);
    answer = { value: (await call(await import(new URL(module, portal)), argument)) ?? null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
