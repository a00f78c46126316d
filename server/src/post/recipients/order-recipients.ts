/** The list of an order: uploaded as a file, checked row by row, and stored as a whole or not at all. */
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, object, oneOf, operation } from '../../operation.ts'
import { invalid } from '../../problems.ts'
import { Address } from '../addresses/postal-addresses.ts'
import { findOrder } from '../orders/order-view.ts'
import * as orders from '../orders/orders.sql.ts'
import { checkOpen, lockOrder } from '../orders/orders.ts'
import { showAddress } from '../pieces/piece-view.ts'
import { fields } from './columns.ts'
import { type ListRead, readList } from './list-reader.ts'
import * as store from './order-recipients.sql.ts'
import type { Rejected } from './rows.ts'

/** The answer shows so many rejected rows; the list of recipients has them all. */
const mostShown = 500

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

const ReasonShown = Type.Object({
  code: oneOf(['missing', 'invalid', 'too_long', 'duplicate', 'unprintable']),
  field: Nullable(Type.String({ description: 'A field of the address; null when it is about the row.' })),
  message: Type.String(),
})

const RejectedRow = Type.Object({
  row: Type.Integer({ description: 'As the spreadsheet numbers it; the headings are row 1.' }),
  given: Type.Record(Type.String(), Type.String(), { description: 'The address as it was written.' }),
  reasons: Type.Array(ReasonShown),
})

const Report = Type.Object({
  order_id: Type.String(),
  dry_run: Type.Boolean({ description: 'true: nothing was stored.' }),
  format: Type.Object({
    type: oneOf(['csv', 'xlsx']),
    encoding: Nullable(Type.String()),
    delimiter: Nullable(Type.String()),
  }),
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
  zips_mended: Type.Integer({ description: 'ZIP codes that had lost their leading zeros in a spreadsheet.' }),
  rejected_rows: Type.Array(RejectedRow, { description: `The first ${mostShown}.` }),
})

const Flag = Type.Union([Type.Boolean(), oneOf(['true', 'false'])], { description: 'Check the list and store nothing.' })

const ListFile = object({
  content: Type.String({ minLength: 1, maxLength: 70_000_000, description: 'Base64; in multipart/form-data the file itself.' }),
  filename: Type.Optional(Type.String({ maxLength: 1000 })),
  content_type: Type.Optional(Type.String({ maxLength: 200 })),
})

const Mapping = object(
  Object.fromEntries(fields.map(field => [field, Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))])) as Record<
    (typeof fields)[number],
    Type.TOptional<Type.TString>
  >,
  { description: 'Which column is what, where its heading does not tell: field → heading.' },
)

export const uploadRecipients = operation(
  'Upload the list of an order; it takes the place of the one before',
  'orders.update',
  {
    input: object({
      order_id: Type.String(),
      file: Type.Optional(ListFile),
      csv: Type.Optional(
        Type.String({ minLength: 1, maxLength: 1_000_000, description: 'A short list as CSV text, instead of a file.' }),
      ),
      mapping: Type.Optional(Mapping),
      dry_run: Type.Optional(Flag),
    }),
    output: Report,
  },
  async (ctx, { order_id, file, csv, mapping = {}, dry_run }) => {
    if ((file === undefined) === (csv === undefined))
      throw invalid({ path: '/file', message: 'is required: a .csv or .xlsx file (or its text as csv)' })
    checkOpen(await findOrder(ctx, order_id))
    const dryRun = dry_run === true || dry_run === 'true'
    return withFile(ctx, file?.content, csv, path =>
      dryRun ? check(order_id, { path, mapping }) : replace(ctx, order_id, { path, mapping }),
    )
  },
)

/** The list as a file on disk: an upload is one already. */
const withFile = async <T>(
  ctx: Context,
  content: string | undefined,
  csv: string | undefined,
  use: (path: string) => Promise<T>,
) => {
  const uploaded = content === undefined ? undefined : ctx.uploads?.get(content)
  if (uploaded) return use(uploaded)
  if (content !== undefined && !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(content))
    throw invalid({ path: '/file/content', message: 'is not base64' })
  const path = join(tmpdir(), `pennypost-list-${randomUUID()}`)
  try {
    await writeFile(path, csv ?? Buffer.from(content!, 'base64'), { mode: 0o600 })
    return await use(path)
  } finally {
    await rm(path, { force: true })
  }
}

type Source = Parameters<typeof readList>[0]

/** Counts what a list holds while it goes by. */
const tally = () => {
  const reasons: Record<string, number> = {}
  const shown: Rejected[] = []
  let accepted = 0
  let rejected = 0
  return {
    add: (batch: { accepted: number; rejected: Rejected[] }): void => {
      accepted += batch.accepted
      rejected += batch.rejected.length
      shown.push(...batch.rejected.slice(0, mostShown - shown.length))
      for (const { code } of batch.rejected.flatMap(row => row.reasons)) reasons[code] = (reasons[code] ?? 0) + 1
    },
    accepted: () => accepted,
    report: (order_id: string, dry_run: boolean, { format, columns, zips_mended }: ListRead): Static<typeof Report> => ({
      order_id,
      dry_run,
      format: { encoding: null, delimiter: null, ...format },
      columns,
      rows: accepted + rejected,
      accepted,
      rejected,
      reasons,
      zips_mended,
      rejected_rows: shown,
    }),
  }
}

const check = async (orderId: string, source: Source) => {
  const count = tally()
  const read = await readList(source, async batch => count.add(batch))
  return count.report(orderId, true, read)
}

const replace = (ctx: Context, orderId: string, source: Source) =>
  ctx.db.tx(async db => {
    const order = await lockOrder(ctx, db, orderId)
    checkOpen(order)
    await store.clear(db, ctx.org, order.id)
    const count = tally()
    const read = await readList(source, async batch => {
      await store.insert(db, ctx.org, ctx.livemode, order.id, batch.json)
      count.add(batch)
    })
    await orders.listChanged(db, ctx.org, ctx.livemode, order.id, count.accepted())
    return count.report(orderId, false, read)
  })

const RecipientShown = Type.Object({
  row: Type.Integer(),
  accepted: Type.Boolean(),
  to: Nullable(Address),
  address_status: Nullable(Type.String()),
  merge_variables: Type.Record(Type.String(), Type.String()),
  given: Nullable(
    Type.Record(Type.String(), Type.String(), { description: 'What was written where it was corrected or rejected.' }),
  ),
  reasons: Type.Array(ReasonShown),
})

export const listRecipients = operation(
  'List the recipients of an order, with the rows that were rejected',
  'orders.read',
  {
    input: object({ order_id: Type.String(), accepted: Type.Optional(Type.Boolean()), ...paging }),
    output: Page(RecipientShown),
  },
  async (ctx, input) => {
    const { before: after, limit, fetch } = pageOf(input)
    const order = await findOrder(ctx, input.order_id)
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, {
      orderId: order.id,
      accepted: input.accepted,
      after,
      limit: fetch,
    })
    return page(rows, limit, row => ({
      row: row.row,
      accepted: row.accepted,
      to: row.recipient && showAddress(row.recipient),
      address_status: row.address_status,
      merge_variables: row.merge_variables ?? {},
      given: row.recipient ? (row.recipient.given ?? null) : row.given,
      reasons: row.reasons ?? [],
    }))
  },
)
