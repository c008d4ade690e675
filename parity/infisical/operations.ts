// What the client asks of Infisical, in the words of either version of its API.
import type { Api } from "../../src/vault/client/api.js";
import type { Asked, Values } from "../scenario.js";

export type Caller = "admin" | "viewer" | "nobody" | "stranger";

export interface Context {
  readonly api: Api;
  readonly projectId: string;
  readonly environment: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly values: Values;
  /** What earlier answers held. */
  readonly kept: ReadonlyMap<string, string>;
  /** Past the API, or by routes that no client of ours calls; undefined where the target cannot. */
  readonly makeImport?: (from: string, into: string) => Promise<void> | void;
  readonly requireApproval?: (path: string) => Promise<void> | void;
}

type Ask = (context: Context) => Asked<Caller>;
type Fields = Readonly<Record<string, unknown>>;

const at = ({ api, projectId, environment }: Context) => ({ ...api.project(projectId), environment });
const one = ({ api }: Context, name: string) => `${api.secrets}/${encodeURIComponent(name)}`;

export const status: Ask = () => ({ method: "GET", path: "/api/status", as: "nobody" });

export const logIn =
  (change: (own: { clientId: string; clientSecret: string }) => Fields = (own) => own): Ask =>
  ({ clientId, clientSecret }) => ({
    method: "POST",
    path: "/api/v1/auth/universal-auth/login",
    body: change({ clientId, clientSecret }),
    as: "nobody",
  });

export const listFolders =
  (path: string, more: Readonly<Record<string, string>> = {}): Ask =>
  (context) => ({ method: "GET", path: context.api.folders, query: { ...at(context), path, ...more } });

export const createFolder =
  (path: string, name: string): Ask =>
  (context) => ({ method: "POST", path: context.api.folders, body: { ...at(context), path, name } });

/** @param kept name of a folder's id that an earlier step kept */
export const deleteFolder =
  (path: string, kept: string): Ask =>
  (context) => ({
    method: "DELETE",
    path: `${context.api.folders}/${context.kept.get(kept) ?? "00000000-0000-4000-8000-000000000000"}`,
    body: { ...at(context), path, ...context.api.deletion },
  });

export const listSecrets =
  (secretPath: string, more: Readonly<Record<string, string>> = {}): Ask =>
  (context) => ({
    method: "GET",
    path: context.api.secrets,
    query: { ...at(context), ...context.api.asStored, ...context.api.shared, secretPath, ...more },
  });

export const getSecret =
  (secretPath: string, name: string, more: Readonly<Record<string, string>> = {}): Ask =>
  (context) => ({
    method: "GET",
    path: one(context, name),
    query: { ...at(context), ...context.api.asStored, secretPath, type: "shared", ...more },
  });

/** A secret of a write; `value` may put something around the value of that name. */
export interface Sent {
  readonly name: string;
  readonly value?: string;
  readonly around?: (value: string) => string;
  readonly comment?: string;
}

const fieldsOf = ({ values }: Context, { value, around = (text) => text, comment }: Omit<Sent, "name">) => ({
  ...(value === undefined ? {} : { secretValue: around(values.of(value)) }),
  ...(comment === undefined ? {} : { secretComment: comment }),
});

const writeOne =
  (method: "POST" | "PATCH") =>
  (secretPath: string, { name, ...sent }: Sent, more: Fields = {}): Ask =>
  (context) => ({
    method,
    path: one(context, name),
    body: { ...at(context), secretPath, ...fieldsOf(context, sent), ...more },
  });
export const createSecret = writeOne("POST");
export const updateSecret = writeOne("PATCH");

export const deleteSecret =
  (secretPath: string, name: string): Ask =>
  (context) => ({
    method: "DELETE",
    path: one(context, name),
    body: { ...at(context), secretPath, type: "shared" },
  });

const writeMany =
  (method: "POST" | "PATCH") =>
  (secretPath: string, secrets: readonly Sent[], more: Fields = {}): Ask =>
  (context) => ({
    method,
    path: context.api.batch,
    body: {
      ...at(context),
      secretPath,
      secrets: secrets.map(({ name, ...sent }) => ({ secretKey: name, ...fieldsOf(context, sent) })),
      ...more,
    },
  });
export const createSecrets = writeMany("POST");
export const updateSecrets = writeMany("PATCH");

export const deleteSecrets =
  (secretPath: string, names: readonly string[]): Ask =>
  (context) => ({
    method: "DELETE",
    path: context.api.batch,
    body: { ...at(context), secretPath, secrets: names.map((secretKey) => ({ secretKey, type: "shared" })) },
  });

/** The same, by somebody else, or of another place, or with more in it. */
export const as =
  (caller: Caller, ask: Ask): Ask =>
  (context) => ({ ...ask(context), as: caller });

export const elsewhere =
  (place: { readonly projectId?: string; readonly environment?: string }, ask: Ask): Ask =>
  (context) =>
    ask({ ...context, ...place });

/** Without a field of its body. */
export const without =
  (field: string, ask: Ask): Ask =>
  (context) => {
    const asked = ask(context);
    const { [field]: _, ...body } = asked.body as Fields;
    return { ...asked, body };
  };
