// What a command does while it has no answer yet, on stderr: on a terminal one line that changes, elsewhere a line for each step.
import { afterSome, type Wait, waitLine } from "../waits.js";
import { colorsOf, type Io } from "./io.js";

interface View {
  /** Ends the step before. */
  begin(what: string): void;
  wait(wait: Wait): void;
  end(how: "done" | "failed"): void;
}

const views = new WeakMap<Io, View>();

/** Says that a request waits: beside the step under way, or on a line of its own. */
export const tellWait = (io: Io) => (wait: Wait) => {
  const view = views.get(io);
  if (view) view.wait(wait);
  else io.err(`  … ${waitLine(wait)}`);
};

/**
 * Does work that has steps, and shows each with its time.
 * @param first what is done first, as "reading the vault"
 * @param work gets what begins the next step
 */
export async function inSteps<T>(
  io: Io,
  first: string,
  work: (next: (what: string) => void) => Promise<T>,
): Promise<T> {
  const view = io.live ? await liveView(io) : plainView(io);
  views.set(io, view);
  let how: "done" | "failed" = "failed";
  try {
    view.begin(first);
    const result = await work((what) => view.begin(what));
    how = "done";
    return result;
  } finally {
    views.delete(io);
    view.end(how);
  }
}

/** `1.4 s`, `2 min 5 s` */
function time(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

function plainView(io: Io): View {
  const c = colorsOf(io);
  let step: { readonly what: string; readonly began: number } | undefined;
  const end: View["end"] = (how) => {
    if (!step) return;
    const sign = how === "done" ? c.green("✓") : c.red("✗");
    io.err(`  ${sign} ${step.what}  ${c.dim(time(performance.now() - step.began))}`);
    step = undefined;
  };
  return {
    begin(what) {
      end("done");
      step = { what, began: performance.now() };
    },
    wait: (wait) => io.err(`  … ${waitLine(wait)}`),
    end,
  };
}

async function liveView(io: Io): Promise<View> {
  const { default: ora } = await import("ora");
  const c = colorsOf(io);
  let began = performance.now();
  let waiting: { readonly wait: Wait; readonly until: number } | undefined;
  const beside = () => {
    const now = performance.now();
    const waitMs = (waiting?.until ?? 0) - now;
    const wait = waiting && waitMs > 0 ? `  ${waitLine(afterSome(waiting.wait, waitMs))}` : "";
    return c.dim(` ${time(now - began)}${wait}`);
  };
  // It shows the cursor again at every end of the process. Keys are not its business: Ctrl-C is.
  const spinner = ora({ stream: process.stderr, isEnabled: true, discardStdin: false, indent: 2, suffixText: beside });
  const end: View["end"] = (how) => {
    if (!spinner.isSpinning) return;
    waiting = undefined;
    const symbol = how === "done" ? c.green("✓") : c.red("✗");
    spinner.stopAndPersist({ symbol, suffixText: c.dim(` ${time(performance.now() - began)}`) });
  };
  return {
    begin(what) {
      end("done");
      began = performance.now();
      spinner.start(what);
    },
    wait(wait) {
      waiting = { wait, until: performance.now() + wait.waitMs };
    },
    end,
  };
}
