import { expect, test } from "vitest";
import type { LocalHeroku } from "../../../src/local/heroku/index.js";
import { ask, heroku } from "./world.js";

const path = "/apps/raxx-api-staging/releases";

/** An app whose last of ten releases is v10. */
async function tenReleases(): Promise<LocalHeroku> {
  const local = await heroku();
  while (local.apps.releases("raxx-api-staging").length < 10) {
    local.apps.set("raxx-api-staging", { N: String(local.apps.releases("raxx-api-staging").length) });
  }
  return local;
}

const versions = (answer: { body: { version: number }[] }) => answer.body.map((release) => release.version);

test("the newest release is the one that the range `version ..; max=1,order=desc` asks for", async () => {
  const local = await tenReleases();
  const answer = await ask(local, "GET", path, { headers: { range: "version ..; max=1,order=desc" } });
  expect(answer.status).toBe(206);
  expect(versions(answer)).toEqual([10]);
  expect(answer.headers.get("next-range")).toBe("version ]10..; max=1,order=desc");
});

test("following Next-Range gives every release once and ends with 200", async () => {
  const local = await tenReleases();
  for (const order of ["asc", "desc"]) {
    const seen: number[] = [];
    let range: string | null = `version ..; order=${order},max=4;`;
    const statuses: number[] = [];
    while (range) {
      const answer: Awaited<ReturnType<typeof ask>> = await ask(local, "GET", path, { headers: { range } });
      statuses.push(answer.status);
      seen.push(...versions(answer));
      range = answer.headers.get("next-range");
    }
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(seen).toEqual(order === "asc" ? all : all.reverse());
    expect(statuses).toEqual([206, 206, 200]);
  }
});

test("a range has bounds, and without one everything comes by id", async () => {
  const local = await tenReleases();
  const bounded = await ask(local, "GET", path, { headers: { range: "version 3..5" } });
  expect([bounded.status, versions(bounded)]).toEqual([200, [3, 4, 5]]);
  const all = await ask(local, "GET", path);
  expect(all.headers.get("accept-ranges")).toBe("id, version");
  const ids = all.body.map((release: { id: string }) => release.id);
  expect(ids).toHaveLength(10);
  expect(ids).toEqual([...ids].sort());
});

test.each([
  ["another property", "name .."],
  ["no range at all", "version"],
  ["too much at once", "version ..; max=2000"],
])("%s is 416", async (_what, range) => {
  const local = await heroku();
  expect(await ask(local, "GET", path, { headers: { range } })).toMatchObject({
    status: 416,
    body: { id: "requested_range_not_satisfiable" },
  });
});

test("one release is read by its version or its id, and its vars are those it had", async () => {
  const local = await tenReleases();
  const third = (await ask(local, "GET", `${path}/8`)).body;
  expect(third).toMatchObject({ version: 8, current: false, app: { name: "raxx-api-staging" } });
  expect((await ask(local, "GET", `${path}/${third.id}`)).body).toEqual(third);
  expect(await ask(local, "GET", `${path}/99`)).toMatchObject({
    status: 404,
    body: { message: "Couldn't find that release." },
  });
});

test("a release can be pending until it is finished", async () => {
  const local = await heroku();
  local.apps.nextReleases("pending");
  await ask(local, "PATCH", "/apps/raxx-api-staging/config-vars", { body: { A: "1" } });
  const version = local.apps.releases("raxx-api-staging").length;
  expect((await ask(local, "GET", `${path}/${version}`)).body).toMatchObject({ status: "pending", current: false });
  local.apps.finishRelease("raxx-api-staging");
  expect((await ask(local, "GET", `${path}/${version}`)).body).toMatchObject({ status: "succeeded", current: true });
});
