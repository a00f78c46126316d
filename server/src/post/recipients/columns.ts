/** Which column of a list is what: by its heading, in the words of people and programs, or as the caller says. */
import type { Reading } from '../../tables/headings.ts'
import { ListRefused } from '../../tables/table-limits.ts'
import { type Field, fields, type Group, groupOrder, isBlockLine, type Meaning, meaningOf } from './heading-words.ts'

/** Field → the heading of its column; null: no column is that, whatever its heading says. */
export type Mapping = Partial<Record<Field, string | null>>

/** One column of the list: its heading, what it was taken for, and the merge field that holds its value. */
export interface Column {
  heading: string
  field: Field | null
  merge_field: string | null
}

/** Where the parts of something stand in a row. `block`: columns with a line of the address each. */
export interface Places {
  group: Group
  at: ReadonlyMap<Field, number>
  block: readonly number[]
  /** Other columns of the same meaning, for rows where the one above is empty. */
  spare: readonly [Field, number][]
}

/** How the rows below some headings are read. */
export interface Columns {
  columns: Column[]
  /** The addresses of a row, the one mail goes to first; the others are for rows where it is empty. */
  addresses: Places[]
  /** Names and companies by group, in the same order. */
  names: Places[]
  warnings: string[]
}

const nameFields: readonly Field[] = ['name', 'first_name', 'middle_name', 'last_name', 'name_prefix', 'name_suffix', 'company']
const isName = (field: Field): boolean => nameFields.includes(field)

/** Names that are no data in any language this passes through. */
const reserved = new Set(['__proto__', 'prototype', 'constructor'])

/** `Favourite Color!` → `favourite_color`: what {{…}} in a message calls it. */
const mergeName = (heading: string): string => {
  const name = heading
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60)
  return /^\d/.test(name) ? `_${name}` : name
}

/** The caller's word first: for a row of headings that lacks one of these the reading has a problem. */
const mapped = (headings: readonly string[], mapping: Mapping): { given: Map<number, Field>; missing: string | undefined } => {
  const given = new Map<number, Field>()
  let missing: string | undefined
  for (const [field, heading] of Object.entries(mapping) as [Field, string | null][]) {
    if (heading === null) continue
    const plain = (text: string) => text.trim().toLowerCase().replace(/\s+/g, ' ')
    const index = headings.findIndex((each, i) => plain(each) === plain(heading) && !given.has(i))
    if (index < 0) missing ??= `has no column "${heading}", which the mapping names for ${field}`
    else given.set(index, field)
  }
  return { given, missing }
}

interface OfGroup {
  at: Map<Field, number>
  ranks: Map<Field, number>
  block: number[]
  spare: [Field, number][]
}
type Gathered = Map<Group, OfGroup>

const gather = (meanings: readonly (Meaning | undefined)[], mapping: Mapping, given: ReadonlyMap<number, Field>): Gathered => {
  const groups: Gathered = new Map()
  const inGroup = (group: Group) => {
    const found: OfGroup = groups.get(group) ?? { at: new Map(), ranks: new Map(), block: [], spare: [] }
    groups.set(group, found)
    return found
  }
  for (const [i, meaning] of meanings.entries()) {
    if (!meaning || meaning.group === 'apart' || given.has(i) || field(meaning) in mapping) continue
    const { at, ranks, block, spare } = inGroup(meaning.group)
    if (isBlockLine(meaning)) block.push(i)
    else if ((ranks.get(meaning.field) ?? Number.POSITIVE_INFINITY) > meaning.rank) {
      const before = at.get(meaning.field)
      if (before !== undefined) spare.unshift([meaning.field, before])
      at.set(meaning.field, i)
      ranks.set(meaning.field, meaning.rank)
    } else spare.push([meaning.field, i])
  }
  // What the caller names belongs to the address it stands in, and makes that the first.
  const street = [...given].find(([, field]) => field === 'line1' || field === 'full_address')
  const own: Group = street
    ? (meanings[street[0]]?.group ?? '')
    : (groupOrder.find(group => groups.get(group)?.at.has('line1')) ?? '')
  const first = inGroup(own === 'apart' ? '' : own)
  for (const [i, field] of given) first.at.set(field, i)
  if (given.size > 0) return new Map([[own === 'apart' ? '' : own, first], ...groups])
  return new Map(groupOrder.flatMap(group => (groups.has(group) ? [[group, groups.get(group)!] as const] : [])))
}

const field = (meaning: Meaning): Field => meaning.field

const places: readonly Field[] = ['city', 'state', 'zip', 'zip4', 'country', 'city_state_zip']

/** The addresses that are whole: a street and a city, or all of it in one column. */
const wholeAddresses = (groups: Gathered): Places[] => {
  const plain = groups.get('')
  // "Address, Mailing Unit #": a part of an address that is nowhere else belongs to the only one there is.
  if (plain?.at.has('line1'))
    for (const { at } of [...groups.values()].filter(({ at }) => !at.has('line1') && !at.has('full_address')))
      for (const [field, index] of at) if (!isName(field) && !plain.at.has(field)) plain.at.set(field, index)
  return [...groups].flatMap(([group, { at: found, block, spare: all }]): Places[] => {
    const spare = all.filter(([field]) => !isName(field) && field !== 'full_address')
    const at = new Map([...found].filter(([field]) => !isName(field)))
    if (!at.has('line1') && !at.has('full_address') && block.length === 0) return []
    // "Shipping Street, City, State, Zip": only the first says whose they all are.
    const plainIsPart = plain && !plain.at.has('line1') && !plain.at.has('full_address')
    for (const field of places) {
      const index = plain?.at.get(field)
      if (index !== undefined && !at.has(field) && (plainIsPart || (field === 'country' && group !== ''))) at.set(field, index)
    }
    if (at.has('city') || at.has('city_state_zip') || at.has('full_address') || block.length > 0)
      return [{ group, at, block, spare }]
    if (at.has('state') || at.has('zip')) return []
    at.set('full_address', at.get('line1')!)
    at.delete('line1')
    return [{ group, at, block, spare }]
  })
}

const missingParts = (groups: Gathered, addresses: readonly Places[]): string[] => {
  const has = (...wanted: Field[]) => [...groups.values()].some(({ at }) => wanted.some(field => at.has(field)))
  return [
    ...(has('name', 'first_name', 'last_name', 'company') || addresses.some(({ block }) => block.length > 0) ? [] : ['a name']),
    ...(addresses.length > 0 || has('line1') ? [] : ['an address']),
    ...(addresses.length > 0 || has('city', 'city_state_zip') ? [] : ['a city']),
  ]
}

/** Throws ListRefused for a heading that cannot be used. */
export const checkHeadings = (headings: readonly string[]): void => {
  const bad = headings.find(heading => reserved.has(heading.trim().toLowerCase()))
  if (bad) throw new ListRefused(`has a column called "${bad}"; give it another name`)
}

/** Reads a row as one of headings. */
export const readColumns = (headings: readonly string[], mapping: Mapping): Reading<Columns> => {
  const meanings = headings.map(meaningOf)
  const { given, missing } = mapped(headings, mapping)
  const groups = gather(meanings, mapping, given)
  const addresses = wholeAddresses(groups)
  const names = [...groups].flatMap(([group, { at: found }]): Places[] => {
    const at = new Map([...found].filter(([field]) => isName(field)))
    return at.size > 0 ? [{ group, at, block: [], spare: [] }] : []
  })
  const used = new Map<number, Field>()
  for (const [field, index] of [
    ...(names.at(-1)?.at ?? []),
    ...nameColumns(names, addresses[0]?.group ?? ''),
    ...(addresses[0]?.at ?? []),
  ])
    used.set(index, field)
  for (const index of addresses[0]?.block ?? []) used.set(index, 'full_address')
  if (addresses.length === 0) for (const { at } of groups.values()) for (const [field, index] of at) used.set(index, field)
  const columns = named(headings, used)
  const parts = missingParts(groups, addresses)
  const problem =
    missing ?? (parts.length > 0 ? refusal(parts, columns) : addresses.length === 0 ? refusal(['a city'], columns) : undefined)
  return {
    columns: { columns, addresses, names, warnings: warningsOf(addresses, headings) },
    known: groups.size > 0 ? [...groups.values()].reduce((sum, { at, block }) => sum + at.size + block.length, 0) : 0,
    ...(problem === undefined ? {} : { problem }),
  }
}

/** Fields of the name in the order they are looked for: with the address, then where nobody is named, then elsewhere. */
export const namesFor = (names: readonly Places[], group: Group): Places[] =>
  [...names].sort((a, b) => nearness(a.group, group) - nearness(b.group, group))

const nearness = (group: Group, wanted: Group): number =>
  group === wanted ? 0 : group === '' ? 1 : 2 + groupOrder.indexOf(group)

const nameColumns = (names: readonly Places[], group: Group): [Field, number][] => {
  const found = new Map<Field, number>()
  for (const { at } of namesFor(names, group)) for (const [field, index] of at) if (!found.has(field)) found.set(field, index)
  return [...found]
}

const named = (headings: readonly string[], used: ReadonlyMap<number, Field>): Column[] => {
  const seen = new Map<string, number>()
  return headings.map((heading, index): Column => {
    const name = mergeName(heading)
    const before = seen.get(name) ?? 0
    seen.set(name, before + 1)
    return {
      heading: heading.slice(0, 200),
      field: used.get(index) ?? null,
      merge_field: name ? (before ? `${name}_${before + 1}` : name) : null,
    }
  })
}

const quoted = (text: string) => `"${text.slice(0, 40)}"`

/** What was made out, in the form in which the caller can say the rest. */
export const guessOf = ({ columns }: Pick<Columns, 'columns'>): { headings: string[]; mapping: Mapping } => ({
  headings: columns.map(({ heading }) => heading),
  mapping: Object.fromEntries(
    fields.flatMap(field =>
      columns
        .filter(column => column.field === field)
        .slice(0, 1)
        .map(({ heading }) => [field, heading]),
    ),
  ),
})

const examples: Readonly<Record<string, readonly Field[]>> = { 'a name': ['name'], 'an address': ['line1'], 'a city': ['city'] }

const refusal = (missing: readonly string[], columns: Column[]): string => {
  const { mapping } = guessOf({ columns })
  const wanted = Object.fromEntries(missing.flatMap(part => (examples[part] ?? []).map(field => [field, '…'])))
  const seen = columns.filter(({ heading }) => heading).map(({ heading }) => quoted(heading))
  return (
    `has no column for ${missing.join(', ')}. One of its first rows must hold headings such as first_name, last_name, address, city, state, zip; ` +
    `it holds ${seen.slice(0, 12).join(', ')}${seen.length > 12 ? ' …' : ''}. Name the columns with mapping=${JSON.stringify({ ...mapping, ...wanted })}`
  )
}

const warningsOf = (addresses: readonly Places[], headings: readonly string[]): string[] => {
  const [first, ...rest] = addresses
  if (!first || rest.length === 0) return []
  const title = ({ group, at, block }: Places) =>
    `the ${group || 'main'} address (${quoted(headings[at.get('line1') ?? at.get('full_address') ?? block[0]!]!)})`
  return [
    `${addresses.length === 2 ? 'Two' : addresses.length} addresses were found in each row. Mail goes to ${title(first)}, and where that is empty to ` +
      `${rest.map(title).join(', then ')}. Send a mapping to choose another.`,
  ]
}
