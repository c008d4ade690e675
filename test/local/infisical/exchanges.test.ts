import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { LocalInfisical } from "../../../src/local/infisical/index.js";
import { Replay, recording, startForReplay } from "./replay.js";

const { exchanges } = recording.parse(JSON.parse(readFileSync(new URL("./exchanges.json", import.meta.url), "utf8")));

describe("the exchanges recorded with a real server, in their order", () => {
  let service: LocalInfisical;
  let replay: Replay;
  beforeAll(async () => {
    const started = await startForReplay();
    service = started.service;
    replay = new Replay(service, started.callers);
  });
  afterAll(() => service.close());

  for (const [index, exchange] of exchanges.entries()) {
    const { as, request, note } = exchange;
    it(`${index + 1}. ${as}: ${request.method} ${request.path}${note ? ` (${note})` : ""}`, () =>
      replay.step(exchange));
  }
});
