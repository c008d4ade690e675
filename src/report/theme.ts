import type { Tone } from "./words.js";

/** Colors as data, so that a test holds their contrast (WCAG AA, 4.5:1 for text) in both schemes. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly code: string;
  /** Text on its own soft background, by tone. */
  readonly tones: Readonly<Record<Tone, { readonly ink: string; readonly soft: string }>>;
}

export const light: Palette = {
  page: "#f6f5f1",
  card: "#ffffff",
  ink: "#20242c",
  muted: "#5d6370",
  line: "#e4e1d9",
  code: "#f3f1ec",
  tones: {
    good: { ink: "#1b6644", soft: "#e4f2ea" },
    info: { ink: "#22589e", soft: "#e6eef9" },
    wait: { ink: "#7d4e00", soft: "#fbf0d7" },
    bad: { ink: "#a0282a", soft: "#fbe8e6" },
    quiet: { ink: "#5d6370", soft: "#f0eee9" },
  },
};

export const dark: Palette = {
  page: "#14161a",
  card: "#1c1f25",
  ink: "#e8e9ec",
  muted: "#a3a9b5",
  line: "#2d3139",
  code: "#14161a",
  tones: {
    good: { ink: "#86d6ab", soft: "#1a3328" },
    info: { ink: "#9ac1f5", soft: "#1c2d45" },
    wait: { ink: "#e9c277", soft: "#372b14" },
    bad: { ink: "#f5a6a0", soft: "#421f20" },
    quiet: { ink: "#a3a9b5", soft: "#262a31" },
  },
};

function variables({ tones, ...plain }: Palette): string {
  const colors = Object.entries(plain).map(([name, value]) => `--${name}:${value}`);
  const pairs = Object.entries(tones).flatMap(([tone, { ink, soft }]) => [
    `--${tone}:${ink}`,
    `--${tone}-soft:${soft}`,
  ]);
  return [...colors, ...pairs].join(";");
}

/** One column, generous space, one accent per state. Below 40rem each row of the matrix is a card of its own. */
export const styleSheet = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main,header,footer{max-width:58rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:3rem}
h1,h2,h3,p,ol,ul,dl,dd,table{margin:0}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.1rem);line-height:1.25;font-weight:650;letter-spacing:-.015em;text-wrap:balance;max-width:38ch}
h2{font-size:1.05rem;font-weight:650;letter-spacing:-.005em;margin-bottom:.9rem}
h3{font-size:1rem;font-weight:650}
.eyebrow{display:flex;flex-wrap:wrap;gap:.25rem .75rem;color:var(--muted);font-size:.875rem;margin-bottom:.6rem}
.eyebrow b{color:var(--ink);font-weight:600}
.bar{width:3.5rem;height:.25rem;border-radius:1rem;margin-top:1.1rem;background:var(--tone)}
section{margin-top:2.5rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.85rem;padding:1.25rem 1.35rem}
.tone-good{--tone:var(--good);--soft:var(--good-soft)}
.tone-info{--tone:var(--info);--soft:var(--info-soft)}
.tone-wait{--tone:var(--wait);--soft:var(--wait-soft)}
.tone-bad{--tone:var(--bad);--soft:var(--bad-soft)}
.tone-quiet{--tone:var(--quiet);--soft:var(--quiet-soft)}
.chip{display:inline-flex;align-items:center;gap:.4em;padding:.12em .65em;border-radius:1em;background:var(--soft);color:var(--tone);font-size:.8125rem;font-weight:600;white-space:nowrap}
.muted{color:var(--muted)}
.small{font-size:.8125rem}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em;overflow-wrap:anywhere}
ul,ol{padding:0;list-style:none}
.next{display:grid;gap:1rem;counter-reset:next}
.next li{display:grid;grid-template-columns:1rem 1fr;column-gap:.7rem;align-items:baseline}
.next li::before{counter-increment:next;content:counter(next);color:var(--muted);font-variant-numeric:tabular-nums;font-size:.875rem}
.next code{display:block;background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;user-select:all;-webkit-user-select:all}
.next p{grid-column:2;margin-top:.3rem}
.environments{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
.environments .top{display:flex;justify-content:space-between;align-items:center;gap:.75rem;margin-bottom:.5rem}
.environments dl{display:grid;grid-template-columns:repeat(3,1fr);gap:.5rem;margin-top:.75rem}
dt{color:var(--muted);font-size:.8125rem}
.environments dd{font-weight:600}
.environments .odd dd{color:var(--bad)}
.soak{margin-top:1.1rem}
.track{height:.5rem;border-radius:1rem;background:var(--info-soft);overflow:hidden;margin-bottom:.4rem}
.track i{display:block;height:100%;border-radius:1rem;background:var(--info)}
.blocked{margin-top:1rem;padding:.7rem .9rem;border-radius:.6rem;background:var(--bad-soft);color:var(--bad);font-size:.875rem;display:grid;gap:.35rem;overflow-wrap:anywhere}
.timeline{display:grid;grid-auto-flow:column;grid-auto-columns:1fr}
.timeline li{position:relative;padding:1.9rem .35rem 0 0;min-width:0}
.timeline li::before{content:"";position:absolute;top:.55rem;left:0;right:0;height:2px;background:var(--line)}
.timeline li.done::before{background:var(--good)}
.timeline li:last-child::before{display:none}
.dot{position:absolute;top:0;left:0;width:1.25rem;height:1.25rem;border-radius:50%;display:grid;place-items:center;font-size:.75rem;font-weight:700;line-height:1;background:var(--card);border:2px solid var(--line);color:var(--muted)}
.done .dot{background:var(--good);border-color:var(--good);color:var(--card)}
.current .dot{border-color:var(--info);color:var(--info);box-shadow:0 0 0 4px var(--info-soft)}
.timeline h3{font-size:.9375rem}
.ahead h3{color:var(--muted);font-weight:500}
.timeline p{color:var(--muted);font-size:.8125rem;line-height:1.4}
table{width:100%;border-collapse:collapse}
thead th{white-space:nowrap;color:var(--muted);font-size:.8125rem;font-weight:500;padding:0 .75rem .6rem 0}
th,td{text-align:left;vertical-align:top}
tbody th{font-weight:500;padding:.6rem 1rem .6rem 0}
tbody th code{white-space:nowrap}
.place{min-width:9.5rem}
tbody td{padding:.6rem .75rem .6rem 0;font-size:.875rem;line-height:1.45}
tbody tr{border-top:1px solid var(--line)}
td .note{display:block;color:var(--muted);font-size:.8125rem;margin-top:.15rem}
td .why{display:block;color:var(--tone);font-size:.8125rem;margin-top:.25rem;max-width:30ch;overflow-wrap:anywhere}
.vendor{display:block;color:var(--muted);font-size:.8125rem}
.label{display:none}
details{margin-top:1.1rem;border-top:1px solid var(--line);padding-top:.9rem}
summary{cursor:pointer;color:var(--muted);font-size:.9375rem}
summary:focus-visible{outline:2px solid var(--info);outline-offset:3px;border-radius:.25rem}
.names{display:flex;flex-wrap:wrap;gap:.4rem .5rem;margin-top:.8rem}
.names li{background:var(--code);border:1px solid var(--line);border-radius:.4rem;padding:.1rem .5rem}
.list{display:grid;gap:.75rem}
.list li{overflow-wrap:anywhere}
.alert{border-color:var(--bad)}
time{white-space:nowrap}
footer{margin-top:3rem;padding-bottom:3rem;color:var(--muted);font-size:.8125rem}
footer dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.6rem 1.5rem;border-top:1px solid var(--line);padding-top:1.25rem}
footer dd{overflow-wrap:anywhere}
@media (max-width:46rem){
.timeline{grid-auto-flow:row}
.timeline li{padding:0 0 1.1rem 2.1rem}
.timeline li::before{top:.4rem;bottom:-.2rem;left:.55rem;right:auto;width:2px;height:auto}
.dot{top:.15rem}
.timeline li:last-child{padding-bottom:0}
}
@media (max-width:40rem){
header{padding-top:1.75rem}
main,header,footer{padding-left:1rem;padding-right:1rem}
section{margin-top:2rem}
.card{padding:1rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
table,tbody{display:block}
tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:.6rem 1rem;padding:.9rem 0}
tbody tr:first-child{border-top:0;padding-top:0}
tbody th{grid-column:1/-1;padding:0}
tbody td{padding:0}
tbody td:empty{display:none}
tbody td:not(.place){order:1}
tbody th code{white-space:normal}
.label{display:block;color:var(--muted);font-size:.8125rem}
}
@media print{body{background:none}.card{break-inside:avoid}}
`;
