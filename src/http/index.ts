// What the clients of Infisical and Heroku have in common: which URLs may be sent a secret, one request, when to send it again.
export { RequestError } from "./error.js";
export { Limiter, type RateLimit } from "./limiter.js";
export { isLoopback } from "./loopback.js";
export { AttemptFailed, type RetryPolicy, withRetry } from "./retry.js";
export { type Answer, createTransport, loadAxios, NoAnswer, type Request, type Send } from "./transport.js";
export { plainUrl, urlProblem } from "./url.js";
