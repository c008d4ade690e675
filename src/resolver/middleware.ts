import { withEnvironment } from "./context.js";

/**
 * Says which environment a request selected; `undefined` leaves it to the fallback.
 *
 * @example
 * ```ts
 * import type { SelectEnvironment } from "console-vault/resolver";
 * const bySession: SelectEnvironment<{ session: { selectedEnv?: string } }> = ({ session }) => session.selectedEnv;
 * ```
 */
export type SelectEnvironment<Request> = (request: Request) => string | undefined;

/**
 * Express (and Connect) middleware: what the request's handlers call resolves for the environment that `select` returns.
 * There is no default: which environment an operator selected is the session's to say, not any caller's header.
 *
 * @example
 * ```ts
 * import { expressEnvironment } from "console-vault/resolver";
 * interface ConsoleRequest {
 *   session: { selectedEnv?: string };
 * }
 * const middleware = expressEnvironment((request: ConsoleRequest) => request.session.selectedEnv);
 * // app.use(middleware);
 * ```
 */
export function expressEnvironment<Request>(select: SelectEnvironment<Request>) {
  return (request: Request, _response: unknown, next: (error?: unknown) => void): void => {
    let selected: string | undefined;
    try {
      selected = select(request);
    } catch (error) {
      next(error);
      return;
    }
    withEnvironment(selected, () => next());
  };
}

/** What is used of a Fastify instance, whose own types are generic in far more. */
interface FastifyLike {
  addHook(name: "onRequest", hook: (...hooked: never[]) => unknown): unknown;
}

/**
 * Fastify: adds the hook to an instance. Call it on the instance whose routes should see it.
 *
 * @example
 * ```ts
 * import { fastify } from "fastify";
 * import { fastifyEnvironment, secretPathFor } from "console-vault/resolver";
 * const selected = new Map<string, string>(); // session id to environment
 * const app = fastify();
 * fastifyEnvironment(app, (request: { headers: { cookie?: string } }) => selected.get(request.headers.cookie ?? ""));
 * app.get("/path", () => secretPathFor("HEROKU_API_KEY"));
 * ```
 */
export function fastifyEnvironment<Request>(app: FastifyLike, select: SelectEnvironment<Request>): void {
  app.addHook("onRequest", (request: Request, _reply: unknown, done: (error?: Error) => void) => {
    let selected: string | undefined;
    try {
      selected = select(request);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    withEnvironment(selected, () => done());
  });
}
