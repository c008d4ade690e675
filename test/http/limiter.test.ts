// Below a server's own limit, as its answers tell it.
import { expect, it } from "vitest";
import { Limiter } from "../../src/http/index.js";

/** A server with a fixed window, as Infisical's: what it says, and whether it refuses. */
function server(limit: number, windowMs: number) {
  let [endsAt, count, refused] = [0, 0, 0];
  const answer = async () => {
    // Whole milliseconds: the sum of two fractions is not always their difference.
    const now = Math.floor(performance.now());
    if (now >= endsAt) [endsAt, count] = [now + windowMs, 0];
    count += 1;
    if (count > limit) refused += 1;
    const headers: Record<string, number> = {
      "x-ratelimit-limit": limit,
      "x-ratelimit-remaining": Math.max(0, limit - count),
      "x-ratelimit-reset": Math.ceil((endsAt - now) / 1000),
    };
    await new Promise((resolve) => setTimeout(resolve, 2));
    return { header: (name: string) => (name in headers ? String(headers[name]) : undefined) };
  };
  return { answer, refused: () => refused };
}

it("waits for the next window instead of being refused, side by side too, and tells each wait once", async () => {
  const { answer, refused } = server(5, 1000);
  const limiter = new Limiter();
  const waits: number[] = [];
  const send = () => limiter.send("GET /", answer, (waitMs) => waits.push(waitMs));
  await send();
  await Promise.all(Array.from({ length: 13 }, send));
  expect(refused()).toBe(0);
  expect(waits).toHaveLength(2);
  for (const waitMs of waits) expect(waitMs).toBeLessThanOrEqual(1000);
});

it("keeps each kind of request apart", async () => {
  const { answer } = server(1, 60_000);
  const limiter = new Limiter();
  const wait = () => {
    throw new Error("nothing has to wait");
  };
  await limiter.send("GET /one", answer, wait);
  await limiter.send("GET /other", server(1, 60_000).answer, wait);
});

it("ends a wait with its signal, and sends nothing then", async () => {
  const { answer, refused } = server(1, 60_000);
  const limiter = new Limiter();
  await limiter.send("GET /", answer, () => {});
  const end = new AbortController();
  let sent = 0;
  const waiting = limiter.send(
    "GET /",
    () => {
      sent += 1;
      return answer();
    },
    () => end.abort(),
    end.signal,
  );
  await expect(waiting).rejects.toThrow(/abort/i);
  expect([sent, refused()]).toEqual([0, 0]);
});

it.each([
  ["no headers", undefined],
  ["a time in place of seconds", "1764250000"],
  ["words", "soon"],
])("is not held up by %s", async (_what, reset) => {
  const limiter = new Limiter();
  const header = (name: string) =>
    reset === undefined ? undefined : name.endsWith("reset") ? reset : name.endsWith("limit") ? "1" : "0";
  for (let sent = 0; sent < 3; sent++)
    await limiter.send(
      "GET /",
      async () => ({ header }),
      () => {
        throw new Error("nothing has to wait");
      },
    );
});
