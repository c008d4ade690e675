import pg from "pg";
import type { Flag } from "../catalog/index.js";

export type Direction = "up" | "down";

/**
 * ASSUMPTION, the only one: docs/console-vault-env-aware.md names the console's B1 migration but not the table that it
 * writes. Taken here is the smallest table that can hold a flag, made when it is missing. A table of that name with more columns is fine, as long
 * as they have defaults; one that lacks these is refused before anything is written.
 *
 * `enabled` belongs to the operator from the moment the row exists: it is written once, with the flag's default.
 * The row registers the flag; what switches the resolver is the config var on the console's app.
 */
export const flagsTable = {
  name: "feature_flags",
  columns: [
    { name: "name", types: ["text", "character varying"], ddl: "text primary key" },
    { name: "enabled", types: ["boolean"], ddl: "boolean not null default false" },
    { name: "description", types: ["text", "character varying"], ddl: "text not null default ''" },
  ],
} as const;

/**
 * Our own bookkeeping. Not `alembic_version`: that table holds the head of the console's own chain of revisions, which only
 * Alembic may move; a revision written there from outside would make it skip, or fail to find, the console's migrations.
 * `made_row` is the row as we inserted it, null when it was there already: what `down` may take away.
 */
export const revisionsTable = "console_vault_revisions";

/** SQLSTATEs of our own (class CV is unassigned), by which the two refusals are told from the server's errors. */
export const sqlState = { otherTable: "CV001", flagIsOn: "CV002" } as const;

/** First in the transaction: bounded waits, and one writer at a time (`create table if not exists` fails when two race). */
export const guards: readonly string[] = [
  "set local lock_timeout = '10s'",
  "set local statement_timeout = '30s'",
  `select pg_advisory_xact_lock(hashtextextended('${revisionsTable}', 0))`,
];

/**
 * The statements of one direction, without the transaction and the guards before them. Repeating them changes nothing.
 *
 * - `up` makes the tables where missing, inserts the row unless there is one, and records the revision.
 * - `down` forgets the revision and deletes the row if we made it and it is as we made it. A row that was there before, or
 *   that someone edited, stays. A row of ours that is enabled is refused. Tables stay: others may have come to use them.
 */
export function statements(flag: Flag, direction: Direction): readonly string[] {
  return direction === "up" ? up(flag) : [down(flag)];
}

/**
 * One direction as a script for `psql`: the text that `applyFlags` runs, in one transaction.
 * @returns SQL, ending in a newline
 */
export function flagSql(flag: Flag, direction: Direction): string {
  const head = `-- ${flag.revision}, ${direction}: ${flag.name}, default ${flag.default ? "on" : "off"}`;
  const run = ["begin", ...guards, ...statements(flag, direction), "commit"];
  return `${[head, ...run.map((statement) => `${statement};`)].join("\n")}\n`;
}

function up({ name, revision, description, default: enabled }: Flag): string[] {
  return [
    `create table if not exists ${flagsTable.name} (
${flagsTable.columns.map((column) => `  ${column.name} ${column.ddl}`).join(",\n")}
)`,
    refuseOtherTable(),
    `create table if not exists ${revisionsTable} (
  revision text primary key,
  flag text not null,
  made_row jsonb,
  applied_at timestamptz not null default now()
)`,
    // A row that vanished since it was recorded is made, and recorded, again.
    `with made as (
  insert into ${flagsTable.name} (name, enabled, description)
  values (${text(name)}, ${enabled}, ${text(description)})
  on conflict (name) do nothing
  returning ${asMade(flagsTable.name)} as as_made
)
insert into ${revisionsTable} (revision, flag, made_row)
values (${text(revision)}, ${text(name)}, (select as_made from made))
on conflict (revision) do update set made_row = excluded.made_row where excluded.made_row is not null`,
  ];
}

function refuseOtherTable(): string {
  const wanted = flagsTable.columns.map(
    ({ name, types }) => `('${name}', array[${types.map((type) => `'${type}'`).join(", ")}])`,
  );
  return block(`declare
  missing text;
begin
  select string_agg(format('%s (%s)', wanted.name, array_to_string(wanted.types, ' or ')), ', ' order by wanted.name) into missing
  from (values
    ${wanted.join(",\n    ")}
  ) as wanted (name, types)
  where not exists (
    select from pg_attribute a
    where a.attrelid = '${flagsTable.name}'::regclass and a.attname = wanted.name and not a.attisdropped
      and format_type(a.atttypid, null) = any (wanted.types)
  );
  if missing is not null then
    raise exception 'the table ${flagsTable.name} is there but has no column %', missing using errcode = '${sqlState.otherTable}';
  end if;
end`);
}

function down({ name, revision }: Flag): string {
  return block(`declare
  made jsonb;
  present jsonb;
begin
  if to_regclass('${revisionsTable}') is null then return; end if;
  delete from ${revisionsTable} where revision = ${text(revision)} returning made_row into made;
  if made is null or to_regclass('${flagsTable.name}') is null then return; end if;
  select ${asMade("f")} into present from ${flagsTable.name} f where f.name = ${text(name)} for update;
  if (present -> 'enabled')::boolean and present -> 'enabled' <> made -> 'enabled' then
    raise exception '% is enabled in ${flagsTable.name}: turn it off there first', ${text(name)} using errcode = '${sqlState.flagIsOn}';
  end if;
  if present = made then
    delete from ${flagsTable.name} f where f.name = ${text(name)};
  end if;
end`);
}

const asMade = (row: string) => `jsonb_build_object('enabled', ${row}.enabled, 'description', ${row}.description)`;

const text = (value: string) => pg.escapeLiteral(value);

/** A `do` block, in a dollar quote that its own text cannot close. */
function block(body: string): string {
  let tag = "$console_vault$";
  for (let n = 1; body.includes(tag); n++) tag = `$console_vault_${n}$`;
  return `do ${tag}\n${body}\n${tag}`;
}
