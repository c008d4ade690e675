// How many requests an update makes: a function of the folders, whatever the number of credentials is (docs/performance.md).
import { afterEach, describe, expect, it } from "vitest";
import { type Company, type CompanyOptions, openCompany } from "./company.js";

let company: Company;
afterEach(() => company.close());

const login = "/api/v1/auth/universal-auth/login";

/** Requests to the vault, logins left out: a command has one for its plan and its update, and these runs have one each. */
async function vaultRequests(work: () => Promise<{ result: string; errors: readonly string[] }>) {
  const { requests } = company.local.control;
  const from = requests.length;
  const { result, errors } = await work();
  expect([result, errors]).toEqual(["succeeded", []]);
  const made = requests.slice(from).filter(({ path, service }) => service === "infisical" && path !== login);
  // A server of October 2024 is asked once for a newer route, which it does not have.
  const probes = made.filter(({ path, status }) => status === 404 && /^\/api\/v[24]\//.test(path));
  expect(probes.length).toBeLessThanOrEqual(1);
  return made.filter((one) => !probes.includes(one));
}

const count = (requests: Awaited<ReturnType<typeof vaultRequests>>, method: string, path: string) =>
  requests.filter((one) => one.method === method && one.path === path).length;

const routes = {
  "2024-10": { lists: "/api/v3/secrets/raw", folders: "/api/v1/folders", batch: "/api/v3/secrets/batch/raw" },
  current: { lists: "/api/v4/secrets", folders: "/api/v2/folders", batch: "/api/v4/secrets/batch" },
};
const { lists, folders, batch } = routes["2024-10"];

async function firstAndNext(options: CompanyOptions) {
  company = await openCompany({ parallel: 16, ...options });
  const plan = await vaultRequests(company.preview);
  const update = await vaultRequests(company.up);
  const next = await vaultRequests(company.preview);
  return { plan, update, next };
}

describe.each(["current", "2024-10"] as const)("with an Infisical of %s", (flavour) => {
  // A server of October 2024 lists the direct children of a folder only: whether an environment's folder is there, and not
  // hidden, is asked for each.
  const eachFolder = (many: number) => (flavour === "current" ? 0 : many);
  const { lists, folders, batch } = routes[flavour];

  it.each([
    { count: 4, folders: 4 },
    { count: 40, folders: 4 },
    { count: 60, folders: 12 },
  ])("$count credentials in $folders folders", async (size) => {
    const { plan, update, next } = await firstAndNext({ ...size, flavour });
    const many = size.folders;
    const look = 2 + eachFolder(many);
    expect([count(plan, "GET", lists), plan.length]).toEqual([1, look]);
    expect([count(update, "POST", folders), count(update, "POST", batch)]).toEqual([many, many]);
    // The look, what was written read back together, and once more right before the flag turns on.
    const readBacks = update.length - look - 2 * many - 1;
    expect(readBacks).toBeGreaterThanOrEqual(1);
    expect(readBacks).toBeLessThanOrEqual(2);
    expect(next.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${folders}`, `GET ${lists}`]);
  });
});

it("a root that holds other folders too is read vendor by vendor, and nothing of the others", async () => {
  const others = { slack: { SLACK_BOT_TOKEN: "xoxb-not-moved" } };
  const { plan, next } = await firstAndNext({ count: 12, folders: 3, others, flavour: "current" });
  expect([plan.length, next.length]).toEqual([1 + 3, 1 + 3]);
  const read = new Set(
    [...plan, ...next].filter(({ path }) => path === routes.current.lists).map(({ folder }) => folder),
  );
  expect([...read].sort()).toEqual(["/Acme/vendor0/**", "/Acme/vendor1/**", "/Acme/vendor2/**"]);
});

it("a flat value that changes while it is copied is copied again by the next update", async () => {
  company = await openCompany({ count: 2, folders: 2, flagWanted: false });
  const { vault } = company.local.infisical;
  // Once, while the first folder is written: its read-back sees it.
  company.local.control.onRequest = ({ path, method }) => {
    if (method !== "POST" || path !== batch) return;
    company.local.control.onRequest = undefined;
    vault.write("prod", "/Acme/vendor0", "CREDENTIAL_0", "another value");
  };
  await vaultRequests(company.up);
  company.local.control.onRequest = undefined;
  const copy = () => vault.secrets("prod", "/Acme/vendor0/prod")[0]!.value;
  expect(copy()).toBe("value of 0");
  const { changes } = await company.preview();
  expect(changes.update).toBeGreaterThan(0);
  await vaultRequests(company.up);
  expect(copy()).toBe("another value");
});

it("a copy that somebody writes after the program's look is not written over", async () => {
  company = await openCompany({ count: 2, folders: 2, flagWanted: false });
  const { vault } = company.local.infisical;
  await vaultRequests(company.up);
  vault.write("prod", "/Acme/vendor0", "CREDENTIAL_0", "rotated at the flat path");
  // The program asks Heroku for the app's vars once it has read the vault.
  let looked = false;
  company.local.control.onRequest = ({ method, path }) => {
    if (method === "GET" && path === lists) looked = true;
    if (!looked || !path.endsWith("/config-vars")) return;
    company.local.control.onRequest = undefined;
    vault.write("prod", "/Acme/vendor0/prod", "CREDENTIAL_0", "an operator's own");
  };
  await company.up();
  company.local.control.onRequest = undefined;
  expect(vault.secrets("prod", "/Acme/vendor0/prod")[0]!.value).toBe("an operator's own");
});

it("stays below the server's own limit: many folders finish without one refusal", { timeout: 120_000 }, async () => {
  // 40 requests a minute and route, a hundred times as fast, for as many more folders.
  const rateLimits = { secrets: 8, read: 12, write: 40, windowMs: 1000 };
  const told: string[] = [];
  const print = (line: string) => void told.push(line);
  company = await openCompany({ count: 100, folders: 20, rateLimits, parallel: 16, print });
  await vaultRequests(company.up);
  // Of 20 folders the first eight are made at once.
  expect(told.flatMap((line) => line.match(`POST ${folders} .*; about \\d s for the \\d+ left`) ?? [])).toEqual([
    expect.stringMatching(/about [12] s for the 12 left$/),
  ]);
  const { requests } = company.local.control;
  expect(requests.filter(({ status }) => status === 429)).toEqual([]);
  expect(requests.filter(({ path, method }) => method === "POST" && path === batch)).toHaveLength(20);
});
