import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const loader = new URL("../../load.mjs", import.meta.url).href;
const reader = `
const { load } = await import(${JSON.stringify(loader)});
const { processIo } = await load("cli/io");
const io = processIo(false);
const text = io.readStdin();
io.err("reading");
await text.then((all) => io.out("read " + all), (error) => io.out(error.message));
`;

/** A process that reads its stdin. @param act what is done to it once it does */
async function reading(act: (child: ReturnType<typeof spawn>) => void) {
  const cwd = fileURLToPath(new URL("../../", import.meta.url));
  const child = spawn(process.execPath, ["--input-type=module", "--eval", reader], { cwd });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    if (!err.includes("reading") && `${err}${chunk}`.includes("reading")) act(child);
    err += chunk;
  });
  const ended = await new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  return { ended, out, err };
}

describe("a command that reads a value from stdin", () => {
  it("gets all of it", async () => {
    const { ended, out } = await reading((child) => child.stdin!.end("a value\n"));
    expect([ended, out]).toEqual([0, "read a value\n\n"]);
  });

  it("stops at the first Ctrl-C, and says so", async () => {
    const { ended, out, err } = await reading((child) => child.kill("SIGINT"));
    expect([ended, out]).toEqual([0, "interrupted\n"]);
    expect(err).toBe("reading\nstopping…\n");
  });
});
