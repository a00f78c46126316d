/** What is told of a list that was uploaded: how it was read, what was taken and what not, and how it will be printed. */
import Type, { type Static } from 'typebox'
import { oneOf } from '../../operation.ts'
import { addressLines } from '../../printer/layout/address-block.ts'
import { PrintProblem } from '../../printer/problem.ts'
import { fields } from './heading-words.ts'
import type { ListSummary, RecipientBatch, Sample } from './list-tally.ts'
import { type Rejected, reasonCodes } from './rows.ts'

/** The answer shows so many rejected rows; the list of recipients has them all. */
const mostShown = 500

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

export const ReasonShown = Type.Object({
  code: oneOf(reasonCodes),
  field: Nullable(Type.String({ description: 'A field of the address; null when it is about the row.' })),
  message: Type.String(),
})

const RejectedRow = Type.Object({
  row: Type.Integer({ description: 'As the spreadsheet numbers it; the headings are row 1, or below the titles.' }),
  given: Type.Record(Type.String(), Type.String(), { description: 'The address as it was written.' }),
  reasons: Type.Array(ReasonShown),
})

const SampleRow = Type.Object({
  row: Type.Integer(),
  why: Type.String({ description: 'Why it is shown.' }),
  lines: Type.Array(Type.String(), { description: 'The address as it will be printed; empty when it cannot be.' }),
  problem: Nullable(Type.String({ description: 'Why the address cannot be printed.' })),
  corrected: Type.Record(Type.String(), Type.String(), { description: 'Fields that were corrected, as they were written.' }),
  merge_variables: Type.Record(Type.String(), Type.String(), { description: 'What {{…}} in a message stands for.' }),
})

export const ListReport = Type.Object({
  order_id: Type.String(),
  dry_run: Type.Boolean({ description: 'true: nothing was stored.' }),
  format: Type.Object({
    type: oneOf(['csv', 'xlsx']),
    encoding: Nullable(Type.String()),
    delimiter: Nullable(Type.String()),
  }),
  sheet: Nullable(Type.String({ description: 'The sheet that was read, of a workbook.' })),
  heading_row: Type.Integer({ description: 'The row of the headings; titles above it are skipped.' }),
  columns: Type.Array(
    Type.Object({
      heading: Type.String(),
      field: Nullable(oneOf(fields, 'What it was taken for; null: a merge field only.')),
      merge_field: Nullable(Type.String({ description: 'What {{…}} in a message calls it.' })),
    }),
  ),
  rows: Type.Integer(),
  accepted: Type.Integer(),
  rejected: Type.Integer(),
  reasons: Type.Record(Type.String(), Type.Integer(), { description: 'How often each reason was met.' }),
  corrections: Type.Record(Type.String(), Type.Integer(), {
    description: 'How many rows were corrected, by kind: zip_zeros, name_split, place_split … (see the guide to lists).',
  }),
  zips_mended: Type.Integer({ description: 'ZIP codes that had lost their leading zeros in a spreadsheet.' }),
  samples: Type.Array(SampleRow, { description: 'The first rows, one of each kind of correction, and the longest.' }),
  warnings: Type.Array(
    Type.Object({ row: Nullable(Type.Integer({ description: 'null: about the list.' })), message: Type.String() }),
    { description: 'What was taken, but may not be what you want.' },
  ),
  rejected_rows: Type.Array(RejectedRow, { description: `The first ${mostShown}.` }),
})

/** Counts what a list holds while its batches go by. */
export const tallyReport = () => {
  const reasons: Record<string, number> = {}
  const shown: Rejected[] = []
  let accepted = 0
  let rejected = 0
  return {
    add: (batch: RecipientBatch): void => {
      accepted += batch.accepted
      rejected += batch.rejected.length
      shown.push(...batch.rejected.slice(0, mostShown - shown.length))
      for (const { code } of batch.rejected.flatMap(row => row.reasons)) reasons[code] = (reasons[code] ?? 0) + 1
    },
    accepted: () => accepted,
    report: (order_id: string, dry_run: boolean, { format, samples, ...summary }: ListSummary): Static<typeof ListReport> => ({
      order_id,
      dry_run,
      format: { encoding: null, delimiter: null, ...format },
      ...summary,
      rows: accepted + rejected,
      accepted,
      rejected,
      reasons,
      samples: samples.map(showSample),
      rejected_rows: shown.map(({ row, given, reasons }) => ({ row, given, reasons })),
    }),
  }
}

const showSample = ({ row, why, recipient, merge_variables }: Sample): Static<typeof SampleRow> => {
  const shared = { row, why, corrected: recipient.given ?? {}, merge_variables }
  try {
    return { ...shared, lines: addressLines(recipient, 'to'), problem: null }
  } catch (problem) {
    if (!(problem instanceof PrintProblem)) throw problem
    return { ...shared, lines: [], problem: problem.message }
  }
}
