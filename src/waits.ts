/** A wait before a request is sent (`limit`: the server would refuse it for now) or repeated. */
export interface Wait {
  readonly service: "Infisical" | "Heroku";
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly because: "rate-limited" | "limit" | "server" | "unreachable";
  readonly waitMs: number;
  /** Where more of the same kind have to wait after it: how many are left with this one, and about how long all of them take. */
  readonly rest?: { readonly count: number; readonly ms: number };
}

const reasons: Record<Wait["because"], string> = {
  "rate-limited": "limits the rate of requests",
  limit: "takes no more requests of this kind for now",
  server: "failed",
  unreachable: "did not answer",
};

/** What a person reads while nothing seems to happen. */
export function waitLine({ service, method, path, because, waitMs, rest }: Wait): string {
  const seconds = waitMs / 1000;
  const again = because === "limit" ? "goes on" : "again";
  return `waiting: ${service} ${reasons[because]}; ${method} ${path} ${again} in ${seconds.toFixed(seconds < 10 ? 1 : 0)} s${rest ? `; about ${minutes(rest.ms)} for the ${rest.count} left` : ""}`;
}

const minutes = (ms: number) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`);

/** The same wait when some of it is over. */
export const afterSome = (wait: Wait, leftMs: number): Wait => ({
  ...wait,
  waitMs: leftMs,
  ...(wait.rest ? { rest: { ...wait.rest, ms: wait.rest.ms - (wait.waitMs - leftMs) } } : {}),
});
