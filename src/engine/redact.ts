import type { EngineEvent } from "./port.js";

const replacement = "[secret]";
/** Shorter ones would hide half of every text; the Pulumi CLI draws the same kind of line. */
const shortest = 4;
const harmless = /^(true|false|null)$/i;

/** Knows the secret strings of a run and takes them out of whatever is shown. */
export class Redactor {
  private readonly secrets = new Set<string>();
  private pattern: RegExp | undefined;
  /** Properties that were looked through; the same ones are in several events of a run. Begins anew with each new secret. */
  private seen = new WeakMap<object, object>();

  add(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      if (secret.length < shortest || harmless.test(secret) || this.secrets.has(secret)) continue;
      for (const form of formsOf(secret)) this.secrets.add(form);
      this.pattern = undefined;
      this.seen = new WeakMap();
    }
  }

  text(text: string): string {
    if (this.secrets.size === 0) return text;
    this.pattern ??= new RegExp(
      [...this.secrets]
        .sort((a, b) => b.length - a.length)
        .map(literally)
        .join("|"),
      "g",
    );
    return text.replace(this.pattern, replacement);
  }

  /** An event without secrets in its messages and in the properties it shows. URNs, ids and types stay as they are. */
  event(event: EngineEvent): EngineEvent {
    if (event.diagnosticEvent !== undefined) {
      return {
        ...event,
        diagnosticEvent: { ...event.diagnosticEvent, message: this.text(event.diagnosticEvent.message) },
      };
    }
    if (event.stdoutEvent !== undefined) {
      return { ...event, stdoutEvent: { ...event.stdoutEvent, message: this.text(event.stdoutEvent.message) } };
    }
    for (const kind of ["resourcePreEvent", "resOutputsEvent", "resOpFailedEvent"] as const) {
      const step = event[kind];
      if (step === undefined) continue;
      const { old, new: now } = step.metadata;
      const metadata = {
        ...step.metadata,
        ...(old ? { old: this.state(old) } : {}),
        ...(now ? { new: this.state(now) } : {}),
      };
      return { ...event, [kind]: { ...step, metadata } };
    }
    return event;
  }

  private state<T extends { inputs: object; outputs: object }>(state: T): T {
    return { ...state, inputs: this.properties(state.inputs), outputs: this.properties(state.outputs) };
  }

  private properties(properties: object): object {
    if (this.secrets.size === 0) return properties;
    const known = this.seen.get(properties) ?? (this.json(properties) as object);
    this.seen.set(properties, known);
    return known;
  }

  private json(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(
      ([key, element]) => [key, element, key.startsWith("__") ? this.internal(element) : this.json(element)] as const,
    );
    // Without a secret in it, it stays the object that the state has as well.
    if (entries.every(([, element, now]) => element === now)) return value;
    if (Array.isArray(value)) return entries.map(([, , now]) => now);
    return Object.fromEntries(entries.map(([key, , now]) => [key, now]));
  }

  /** A property that Pulumi shows to nobody may be a text of JSON: a program reads it on, so its keys stay, as those of any property. */
  private internal(value: unknown): unknown {
    if (typeof value !== "string" || !/^[{[]/.test(value) || this.text(value) === value) return this.json(value);
    try {
      return JSON.stringify(this.json(JSON.parse(value)));
    } catch {
      return this.json(value);
    }
  }
}

/** A shorter part or encoding of a secret would be found in texts that have nothing to do with it. */
const shortestForm = 8;

/** A secret as it looks in JSON, in JSON inside JSON, in a URL, in base64 and in hex; and each of its lines, as output comes. */
function formsOf(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  const encoded = percentEncoded(secret);
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const others = [
    // Go's JSON escapes these as well.
    quoted.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    JSON.stringify(quoted).slice(1, -1),
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    encoded.replaceAll("%20", "+"),
    Buffer.from(secret).toString("hex"),
    ...base64Parts(secret),
    ...(lines.length > 1 ? lines : []),
  ];
  return [secret, quoted, ...others.filter((form) => form.length >= shortestForm)];
}

// A lone surrogate has no encoding; it is sent as the replacement character.
const percentEncoded = (secret: string): string => encodeURIComponent(Buffer.from(secret).toString());

/** What does not depend on the neighbours in the base64 of a longer text (`user:secret`), wherever in it the secret begins. */
function base64Parts(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const part = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return [part, part.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
