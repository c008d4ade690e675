/** A wait before a request is repeated. */
export interface Wait {
  readonly service: "Infisical" | "Heroku";
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly because: "rate-limited" | "server" | "unreachable";
  readonly waitMs: number;
}

const reasons: Record<Wait["because"], string> = {
  "rate-limited": "limits the rate of requests",
  server: "failed",
  unreachable: "did not answer",
};

/** What a person reads while nothing seems to happen. */
export function waitLine({ service, method, path, because, waitMs }: Wait): string {
  const seconds = waitMs / 1000;
  return `waiting: ${service} ${reasons[because]}; ${method} ${path} again in ${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}
