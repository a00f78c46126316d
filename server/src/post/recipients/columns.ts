/** Which column of a list is what: headings in the variants people and programs write, or as the caller says. */
import { ListRefused } from '../../tables/table-limits.ts'

/** What a column may be, beside a merge field. */
export const fields = [
  'name',
  'first_name',
  'last_name',
  'company',
  'line1',
  'line2',
  'city',
  'state',
  'zip',
  'zip4',
  'country',
] as const
export type Field = (typeof fields)[number]

/** One column of the list: its heading, what it was taken for, and the merge field that holds its value. */
export interface Column {
  heading: string
  field: Field | null
  merge_field: string | null
}

const variants: Readonly<Record<Field, string>> = {
  name: 'name fullname recipient recipientname contact contactname addressee ownername owner customername customer displayname',
  first_name: 'firstname first fname givenname given forename ownerfirstname owner1firstname contactfirstname',
  last_name: 'lastname last lname surname familyname family ownerlastname owner1lastname contactlastname',
  company: 'company companyname business businessname organization organisation org organizationname firm employer',
  line1:
    'line1 address address1 addressline1 addr addr1 street street1 streetaddress streetline1 primaryaddress deliveryaddress addressstreet',
  line2:
    'line2 address2 addressline2 addr2 street2 streetline2 secondaryaddress unit apt apartment suite unitnumber aptnumber aptsuite aptunit addressunit',
  city: 'city town locality cityname municipality addresscity',
  state: 'state st province region stateprovince stateregion statecode provincecode county stateorprovince addressstate',
  zip: 'zip zipcode postalcode postcode postal zip5 zippostalcode zippostal zipcode5 postalzip addresszip',
  zip4: 'zip4 plus4 zipplus4 zip4code zipcode4 zipextension',
  country: 'country countrycode nation countryregion countryname addresscountry',
}

const known = new Map<string, Field>(
  fields.flatMap(field => variants[field].split(' ').map((variant): [string, Field] => [variant, field])),
)

const unitWords: Readonly<Record<string, string>> = {
  apt: 'Apt',
  aptnumber: 'Apt',
  apartment: 'Apt',
  suite: 'Ste',
  unit: 'Unit',
  unitnumber: 'Unit',
  addressunit: 'Unit',
  aptsuite: '#',
  aptunit: '#',
}

/** What stands before a bare number in a column for the second line: `Apt` over `4` means Apt 4; `#` where it can be several things. */
export const unitWord = (heading: string): string | undefined => {
  const word = squeeze(heading)
  return unitWords[word] ?? unitWords[word.replace(prefix, '')]
}

/** Words in front of a heading that say no more than that it is about the recipient's mail. */
const prefix = /^(mailing|mail|recipient|shipping|ship|shipto|to|billing|contact)(?=.)/

const squeeze = (heading: string): string => heading.toLowerCase().replace(/[^a-z0-9]+/g, '')

const guess = (heading: string): Field | undefined => {
  const word = squeeze(heading)
  return known.get(word) ?? known.get(word.replace(prefix, ''))
}

/** Names that are no data in any language this passes through. */
const reserved = new Set(['__proto__', 'prototype', 'constructor'])

/** `Favourite Color!` → `favourite_color`: what {{…}} in a message calls it. */
const mergeName = (heading: string): string => {
  const name = heading
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60)
  return /^\d/.test(name) ? `_${name}` : name
}

/**
 * Works out the columns from the first row. `wanted`: field → heading, where the caller knows better. Throws ListRefused when that
 * row is no row of headings, or when a heading cannot be used.
 */
export const readColumns = (headings: readonly string[], wanted: Partial<Record<Field, string>>): Column[] => {
  const bad = headings.find(heading => reserved.has(heading.trim().toLowerCase()))
  if (bad) throw new ListRefused(`has a column called "${bad}"; give it another name`)
  const given = takeWanted(headings, wanted)
  const taken = new Set<Field>(given.values())
  const names = new Map<string, number>()
  const columns = headings.map((heading, index): Column => {
    const found = given.get(index) ?? freeGuess(heading, taken)
    if (found) taken.add(found)
    const name = mergeName(heading)
    const before = names.get(name) ?? 0
    names.set(name, before + 1)
    return {
      heading: heading.slice(0, 200),
      field: found ?? null,
      merge_field: name ? (before ? `${name}_${before + 1}` : name) : null,
    }
  })
  checkComplete(columns, taken)
  return columns
}

const takeWanted = (headings: readonly string[], wanted: Partial<Record<Field, string>>): Map<number, Field> => {
  const given = new Map<number, Field>()
  for (const [field, heading] of Object.entries(wanted) as [Field, string][]) {
    const index = headings.findIndex(each => each.trim().toLowerCase() === heading.trim().toLowerCase())
    if (index < 0) throw new ListRefused(`has no column "${heading}", which the mapping names for ${field}`)
    given.set(index, field)
  }
  return given
}

const freeGuess = (heading: string, taken: ReadonlySet<Field>): Field | undefined => {
  const field = guess(heading)
  return field && !taken.has(field) ? field : undefined
}

const checkComplete = (columns: readonly Column[], taken: ReadonlySet<Field>): void => {
  const missing = [
    ...(['name', 'first_name', 'last_name', 'company'].some(field => taken.has(field as Field)) ? [] : ['a name']),
    ...(taken.has('line1') ? [] : ['an address']),
    ...(taken.has('city') ? [] : ['a city']),
  ]
  if (missing.length === 0) return
  const seen = columns.map(({ heading }) => `"${heading.slice(0, 40)}"`).slice(0, 12)
  throw new ListRefused(
    `has no column for ${missing.join(', ')}. Its first row must hold headings such as first_name, last_name, address, city, state, zip; it holds ${seen.join(', ')}`,
  )
}
