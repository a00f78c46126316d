/** What is told of a list: counts, examples, warnings. Collected in its worker while the rows go by. */
import type { Row } from '../../tables/cells.ts'
import type { Format, Table } from '../../tables/table.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import { foreignScript } from '../addresses/scripts.ts'
import type { Column, Columns } from './columns.ts'
import type { CorrectionKind, Read, Rejected } from './rows.ts'

/** A thousand rows as JSON for the database: `{ id, row, recipient … }` or `{ id, row, given, reasons }` each. */
export interface RecipientBatch {
  json: string
  accepted: number
  rejected: Rejected[]
  /** Recipients of earlier batches that get a longer ZIP code. */
  extended: { id: string; zip: string }[]
}

export interface Sample {
  row: number
  recipient: StoredAddress
  merge_variables: Record<string, string>
  /** Why it is shown. */
  why: string
}

export interface ListWarning {
  row: number | null
  message: string
}

export interface ListSummary {
  format: Format
  sheet: string | null
  heading_row: number
  columns: Column[]
  corrections: Partial<Record<CorrectionKind, number>>
  /** ZIP codes that had lost their leading zeros: `corrections.zip_zeros`, or 0. */
  zips_mended: number
  samples: Sample[]
  warnings: ListWarning[]
}

const mostSamples = 12
const firstSamples = 3
const mostRowWarnings = 100

const why: Readonly<Record<CorrectionKind, string>> = {
  zip_zeros: 'its ZIP code had lost its zeros',
  zip_form: 'its ZIP code was written in another form',
  zip_extended: 'a later row has its ZIP+4',
  state_code: 'its state or province was written out',
  street_form: 'its street was put into standard form',
  military_place: 'its military address was put in order',
  postal_code_form: 'its postal code was put into form',
  spreadsheet_marks: 'it had marks of a spreadsheet around a value',
  name_split: 'its name was taken apart',
  name_turned: 'its name was turned round',
  address_split: 'its address was taken apart',
  place_split: 'its city, state and ZIP code were taken apart',
  street_trimmed: 'its street repeated the city',
  other_address: 'its first address was empty',
  country_inferred: 'its country was read from the postal code',
}

export const tally = ({ format, sheet, others, columns, headingRow }: Table<Columns>) => {
  const corrections: Partial<Record<CorrectionKind, number>> = {}
  const samples = new Map<number, Sample>()
  const rowWarnings: ListWarning[] = []
  let moreWarnings = 0
  let hidden = 0
  let longest: Sample | undefined
  let longestLine = 0

  const warn = (row: number, message: string): void => {
    if (rowWarnings.length < mostRowWarnings) rowWarnings.push({ row, message })
    else moreWarnings++
  }

  return {
    add({ hidden: isHidden }: Row, { accepted, kinds }: Read): void {
      if (isHidden) hidden++
      for (const kind of kinds) corrections[kind] = (corrections[kind] ?? 0) + 1
      if (!accepted) return
      const { row, recipient, merge_variables } = accepted
      const sample = (reason: string): Sample => ({ row, recipient, merge_variables, why: reason })
      if (samples.size < firstSamples) samples.set(row, sample('one of the first'))
      else
        for (const kind of kinds)
          if (corrections[kind] === 1 && samples.size < mostSamples && !samples.has(row)) samples.set(row, sample(why[kind]))
      const length = Math.max(
        recipient.name?.length ?? 0,
        recipient.company?.length ?? 0,
        recipient.line1.length,
        recipient.city.length,
      )
      if (length > longestLine) {
        longestLine = length
        longest = sample('it has the longest line')
      }
      for (const field of ['name', 'company'] as const) {
        const script = recipient[field] && foreignScript(recipient[field])
        if (script) warn(row, `The ${field} is in ${script} letters; people can read them, sorting machines cannot.`)
      }
    },
    summary(): ListSummary {
      const shown = [...samples.values(), ...(longest && !samples.has(longest.row) ? [longest] : [])]
      const general = [
        ...columns.warnings,
        ...(others.length > 0
          ? [
              `Sheet "${sheet}" was read. ${others.map(name => `"${name}"`).join(', ')} ${others.length === 1 ? 'has' : 'have'} headings too; send sheet to read another.`,
            ]
          : []),
        ...(hidden > 0
          ? [`Rows that the spreadsheet hides (by a filter, for instance) were read like the others: ${hidden}.`]
          : []),
        ...(moreWarnings > 0 ? [`${moreWarnings} more rows have warnings that are not shown.`] : []),
      ]
      return {
        format,
        sheet,
        heading_row: headingRow,
        columns: columns.columns,
        corrections,
        zips_mended: corrections.zip_zeros ?? 0,
        samples: shown,
        warnings: [...general.map(message => ({ row: null, message })), ...rowWarnings],
      }
    },
  }
}
