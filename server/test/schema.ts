/** The schema as the database describes it: tables, constraints, indexes, functions, triggers, in a fixed order, as SQL to be read. */
import type pg from 'pg'

interface Described {
  place: string
  text: string
}

const tables = `
  select c.relname as place, 'create ' || case c.relpersistence when 'u' then 'unlogged ' else '' end || 'table ' || c.relname || ' (' || chr(10) || string_agg(
    '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
    case when a.attnotnull then ' not null' else '' end ||
    case a.attgenerated when 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored' else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end,
    ',' || chr(10) order by a.attnum) || chr(10) || ')' || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ';' as text
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') group by c.oid, c.relname, c.relpersistence, c.reloptions`
const constraints = `
  select conrelid::regclass::text as place, 'alter table ' || conrelid::regclass || ' add constraint ' || conname || ' ' || pg_get_constraintdef(oid) || ';' as text
  from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c', 'x')`
const indexes = `
  select i.indrelid::regclass::text as place, pg_get_indexdef(i.indexrelid) || ';' as text
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where c.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))`
const triggers = `
  select tgrelid::regclass::text as place, pg_get_triggerdef(t.oid) || ';' as text
  from pg_trigger t join pg_class c on c.oid = tgrelid where c.relnamespace = 'public'::regnamespace and not tgisinternal`
const functions = `
  select 'functions' as place, regexp_replace(pg_get_functiondef(oid), '\\s*$', ';') as text
  from pg_proc where pronamespace = 'public'::regnamespace and prokind in ('f', 'p') and not exists
    (select from pg_depend where objid = pg_proc.oid and deptype = 'e')`

/** @param db of a migrated database */
export const describeSchema = async (db: pg.Client): Promise<string> => {
  const ask = async (query: string): Promise<Described[]> =>
    (await db.query(`select place, replace(text, 'public.', '') as text from (${query}) found order by 1, 2`)).rows
  const found = await Promise.all([functions, tables, constraints, indexes, triggers].map(ask))
  const [made, ...parts] = found as [Described[], Described[], ...Described[][]]
  const nouns = [...new Set(parts[0]!.map(({ place }) => place))].sort()
  const sections = nouns.map(
    noun => `-- ${noun}\n${parts.flatMap(part => part.filter(({ place }) => place === noun).map(({ text }) => text)).join('\n')}`,
  )
  const head =
    '-- The schema after all migrations, written by `npm run schema` and checked by a test. To change it, write a migration.'
  return `${[head, ...made.map(({ text }) => text), ...sections].join('\n\n')}\n`
}
