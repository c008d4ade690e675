import type { EngineEvent } from "./port.js";

const replacement = "[secret]";
/** Shorter ones would hide half of every text; the Pulumi CLI draws the same kind of line. */
const shortest = 4;
const harmless = /^(true|false|null)$/i;

/** Knows the secret strings of a run and takes them out of whatever is shown. */
export class Redactor {
  private readonly secrets = new Set<string>();
  private pattern: RegExp | undefined;

  add(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      if (secret.length < shortest || harmless.test(secret) || this.secrets.has(secret)) continue;
      this.secrets.add(secret);
      // As it looks inside JSON, where most messages quote it.
      const quoted = JSON.stringify(secret).slice(1, -1);
      if (quoted !== secret) this.secrets.add(quoted);
      this.pattern = undefined;
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
    return { ...state, inputs: this.json(state.inputs), outputs: this.json(state.outputs) };
  }

  private json(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((element) => this.json(element));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, this.json(element)]));
  }
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
