// Infisical as the target of a run: a local flavour, or a real server in a project of its own.
import { randomBytes, randomUUID } from "node:crypto";
import { ConfigurationError } from "../../src/errors.js";
import { type Answer, createTransport, type Send } from "../../src/http/index.js";
import { type Flavour, startInfisical } from "../../src/local/index.js";
import { type Api, newest, older } from "../../src/vault/client/api.js";
import { baseUrl } from "../../src/vault/client/url.js";
import type { NormaliseOptions } from "../normalise.js";
import type { Target } from "../run.js";
import { type Asked, Values } from "../scenario.js";
import type { Caller, Context } from "./operations.js";
import type { Can } from "./scenarios.js";

export type InfisicalTarget = Target<Context, Caller, Can>;

const environment = "dev";

/** Keys of Infisical's answers whose texts are names, paths or the server's own words. */
const shown = new Set(
  "message error secretKey secretPath secretValue secretComment name path relativePath environment type code expected received status tokenType tags".split(
    " ",
  ),
);

const apiOf = (version: string | undefined, has: Api): Api => {
  if (version === undefined) return has;
  if (version === "v3") return older;
  if (version === "v4" && has === newest) return newest;
  throw new ConfigurationError(`There is no API ${version} on this target.`);
};

/** @param version `v3` for the older routes of a current server */
export async function openLocal(flavour: Flavour, version?: string): Promise<InfisicalTarget> {
  const clientId = randomUUID();
  const clientSecret = randomBytes(32).toString("hex");
  const service = await startInfisical({
    flavour,
    seed: {
      project: { id: randomUUID(), slug: "parity-run", name: "Parity run" },
      identities: [{ name: "parity", clientId, clientSecret, role: "admin" }],
    },
  });
  const { vault, url } = service;
  return target({
    name: `local ${flavour}`,
    flavour,
    api: apiOf(version, flavour === "current" ? newest : older),
    send: createTransport({ baseUrl: url, timeoutMs: 10_000 }),
    identity: { clientId, clientSecret },
    projectId: vault.project.id,
    viewer: vault.addIdentity({ role: "viewer" }).accessToken,
    requireApproval: (path) => vault.requireApproval(path),
    close: () => service.close(),
  });
}

/**
 * A real server, named by the environment variables `<prefix>_URL`, `<prefix>_CLIENT_ID` and `<prefix>_CLIENT_SECRET`. The machine
 * identity makes a project for the run and removes it, so its role in the organisation has to let it.
 *
 * @throws ConfigurationError that names what is missing
 */
export async function openReal(
  prefix: string,
  version: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<InfisicalTarget> {
  const [url, clientId, clientSecret] = ["URL", "CLIENT_ID", "CLIENT_SECRET"].map((name) => {
    const value = env[`${prefix}_${name}`]?.trim();
    if (!value) throw new ConfigurationError(`${prefix}_${name} is not set.`);
    return value;
  }) as [string, string, string];
  const base = baseUrl(url);
  const send = createTransport({ baseUrl: base, timeoutMs: 30_000 });
  const token = await tokenOf(send, { clientId, clientSecret });
  const isMissing = (answer: Answer) =>
    answer.status === 404 && (answer.body as { error?: unknown } | undefined)?.error === "Not Found";
  const probe = await send({ method: "GET", path: newest.secrets });
  const has = isMissing(probe) ? older : newest;
  const project = await createProject(send, token, has);
  return target({
    name: base,
    flavour: has === newest ? "current" : "2024-10",
    api: apiOf(version, has),
    send,
    identity: { clientId, clientSecret },
    projectId: project.id,
    viewer: env[`${prefix}_VIEWER_TOKEN`],
    close: project.remove,
  });
}

interface Opened {
  readonly name: string;
  readonly flavour: Flavour;
  readonly api: Api;
  readonly send: Send;
  readonly identity: { readonly clientId: string; readonly clientSecret: string };
  readonly projectId: string;
  readonly viewer?: string | undefined;
  readonly requireApproval?: (path: string) => void;
  readonly close: () => Promise<void>;
}

async function target(opened: Opened): Promise<InfisicalTarget> {
  const { name, flavour, api, send, identity, projectId, viewer, requireApproval, close } = opened;
  const tokens: Record<Caller, string | undefined> = {
    admin: await tokenOf(send, identity),
    viewer,
    nobody: undefined,
    stranger: "garbage",
  };
  const values = new Values(() => `value-${randomBytes(12).toString("hex")}`);
  const kept = new Map<string, string>();
  const can = new Set<Can>([
    ...(viewer ? ["viewer" as const] : []),
    ...(requireApproval ? ["approvals" as const] : []),
  ]);
  const routes = new Map([
    [api.batch, "<batch>"],
    [api.secrets, "<secrets>"],
    [api.folders, "<folders>"],
  ]);
  return {
    name,
    kind: `${flavour} ${api.version}`,
    can,
    kept,
    context: {
      api,
      projectId,
      environment,
      ...identity,
      values,
      kept,
      ...(requireApproval ? { requireApproval } : {}),
    },
    ask: ({ method, path, query, headers, body, as = "admin" }: Asked<Caller>) =>
      send({
        method,
        path,
        ...(query ? { query } : {}),
        headers: { ...headers, ...(tokens[as] === undefined ? {} : { authorization: `Bearer ${tokens[as]}` }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    normalise: (): NormaliseOptions => ({
      shown,
      labels: ["secretKey", "name"],
      symbols: new Map([
        ...values.entries().map(([name, value]) => [value, `<value ${name}>`] as const),
        ...Object.values(identity).map((secret) => [secret, "<credential>"] as const),
        [projectId, "<project>"],
        ...routes,
      ]),
    }),
    close,
  };
}

async function tokenOf(send: Send, identity: { clientId: string; clientSecret: string }): Promise<string> {
  const answer = await send({
    method: "POST",
    path: "/api/v1/auth/universal-auth/login",
    body: JSON.stringify(identity),
  });
  const token = (answer.body as { accessToken?: unknown } | undefined)?.accessToken;
  if (typeof token === "string") return token;
  throw new ConfigurationError(`The machine identity cannot log in (${answer.status}).`);
}

/** Routes of a project's life: https://infisical.com/docs/api-reference/endpoints/projects, and in October 2024 below /api/v2/workspace. */
async function createProject(send: Send, token: string, api: Api) {
  const headers = { authorization: `Bearer ${token}` };
  const path = api === newest ? "/api/v1/projects" : "/api/v2/workspace";
  const projectName = `console-vault parity ${randomBytes(4).toString("hex")}`;
  const answer = await send({ method: "POST", path, headers, body: JSON.stringify({ projectName }) });
  const { id, slug } = (answer.body as { project?: { id?: string; slug?: string } } | undefined)?.project ?? {};
  if (!id || !slug)
    throw new ConfigurationError(
      `The machine identity cannot create a project (${answer.status}). Give it a role in the organisation that may create projects.`,
    );
  const remove = async () => {
    const removed = await send({ method: "DELETE", path: `${path}/${api === newest ? id : slug}`, headers });
    if (removed.status >= 300)
      throw new ConfigurationError(
        `The project ${projectName} could not be removed (${removed.status}). Remove it by hand.`,
      );
  };
  return { id, remove };
}
