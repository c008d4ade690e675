/** A wait before a request is sent (`limit`: the server would refuse it for now) or repeated. */
export interface Wait {
  readonly service: "Infisical" | "Heroku";
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly because: "rate-limited" | "limit" | "server" | "unreachable";
  readonly waitMs: number;
}

const reasons: Record<Wait["because"], string> = {
  "rate-limited": "limits the rate of requests",
  limit: "takes no more requests of this kind for now",
  server: "failed",
  unreachable: "did not answer",
};

/** What a person reads while nothing seems to happen. */
export function waitLine({ service, method, path, because, waitMs }: Wait): string {
  const seconds = waitMs / 1000;
  const again = because === "limit" ? "goes on" : "again";
  return `waiting: ${service} ${reasons[because]}; ${method} ${path} ${again} in ${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}
