/** The list of an order: uploaded as a file, checked row by row, and stored as a whole or not at all. */
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseJson } from '../../kernel/bounded-json.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { limits } from '../../limits.ts'
import { type Context, object, oneOf, operation } from '../../operation.ts'
import { invalid } from '../../problems.ts'
import { Address } from '../addresses/postal-addresses.ts'
import { findOrder } from '../orders/order-view.ts'
import * as orders from '../orders/orders.sql.ts'
import { checkOpen, lockOrder } from '../orders/orders.ts'
import { showAddress } from '../pieces/piece-view.ts'
import { dedupes } from './duplicates.ts'
import { fields } from './heading-words.ts'
import { readList } from './list-reader.ts'
import { ListReport, ReasonShown, tallyReport } from './list-report.ts'
import * as store from './order-recipients.sql.ts'

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

const Flag = Type.Union([Type.Boolean(), oneOf(['true', 'false'])], { description: 'Check the list and store nothing.' })

const ListFile = object({
  content: Type.String({
    minLength: 1,
    maxLength: limits.uploadInJsonCharacters,
    description: 'Base64; in multipart/form-data the file itself.',
  }),
  filename: Type.Optional(Type.String({ maxLength: 1000 })),
  content_type: Type.Optional(Type.String({ maxLength: 200 })),
})

const Columns = object(
  Object.fromEntries(
    fields.map(field => [field, Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()]))]),
  ) as Record<(typeof fields)[number], Type.TOptional<Type.TUnion<[Type.TString, Type.TNull]>>>,
)

const Mapping = Type.Union([Columns, Type.String({ minLength: 2, maxLength: 10_000 })], {
  description:
    'Which column is what, where its heading does not tell: field → heading; null: no column is that. As JSON text in a form: mapping={"name":"Who","zip":"PLZ"}. A refusal gives the guess to begin with.',
})
const checkMapping = Compile(Columns)

/** The mapping as an object, however it was sent. Throws invalid_input. */
const readMapping = (given: Static<typeof Mapping>): Static<typeof Columns> => {
  if (typeof given !== 'string') return given
  const wrong = (message: string) => invalid({ path: '/mapping', message: `${message}, such as {"name":"Who","line1":"Street"}` })
  let mapping: unknown
  try {
    mapping = parseJson(Buffer.from(given))
  } catch {
    throw wrong('is not JSON; send an object of fields and headings')
  }
  if (typeof mapping !== 'object' || mapping === null || Array.isArray(mapping))
    throw wrong('must be an object of fields and headings')
  const unknown = Object.keys(mapping).find(field => !(fields as readonly string[]).includes(field))
  if (unknown !== undefined)
    throw invalid({
      path: `/mapping/${unknown.slice(0, 100)}`,
      message: `is not a field of a recipient; those are ${fields.join(', ')}`,
    })
  if (!checkMapping.Check(mapping)) throw wrong('must name the heading of each field as text of at most 200 characters')
  return mapping
}

export const uploadRecipients = operation(
  'Upload the list of an order; it takes the place of the one before',
  'orders.update',
  {
    input: object({
      order_id: Type.String(),
      file: Type.Optional(ListFile),
      csv: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: limits.listTextCharacters,
          description: 'A short list as CSV text, instead of a file.',
        }),
      ),
      mapping: Type.Optional(Mapping),
      dedupe: Type.Optional(
        oneOf(
          dedupes,
          'Which rows are one recipient. person (default): the same name at the same address; household: the same address; none: every row gets a piece.',
        ),
      ),
      sheet: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 100,
          description: 'The sheet of a workbook by name or number. Default: the first that has the headings.',
        }),
      ),
      dry_run: Type.Optional(Flag),
    }),
    output: ListReport,
  },
  async (ctx, { order_id, file, csv, mapping: given = {}, dedupe, sheet, dry_run }) => {
    if ((file === undefined) === (csv === undefined))
      throw invalid({ path: '/file', message: 'is required: a .csv or .xlsx file (or its text as csv)' })
    checkOpen(await findOrder(ctx, order_id))
    const mapping = readMapping(given)
    const dryRun = dry_run === true || dry_run === 'true'
    return withFile(ctx, file?.content, csv, path => {
      const source = { path, mapping, dedupe, sheet }
      return dryRun ? check(order_id, source) : replace(ctx, order_id, source)
    })
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

/** Reads a short list without an order, to see whether it is one. Throws invalid_input. */
export const checkList = (ctx: Context, csv: string): Promise<unknown> =>
  withFile(ctx, undefined, csv, path => readList({ path, mapping: {}, dedupe: undefined, sheet: undefined }, async () => {}))

const check = async (orderId: string, source: Source) => {
  const count = tallyReport()
  const read = await readList(source, async batch => count.add(batch))
  return count.report(orderId, true, read)
}

const replace = (ctx: Context, orderId: string, source: Source) =>
  ctx.db.tx(async db => {
    const order = await lockOrder(ctx, db, orderId)
    checkOpen(order)
    await store.clear(db, ctx.org, order.id)
    const count = tallyReport()
    const read = await readList(source, async batch => {
      await store.insert(db, ctx.org, ctx.livemode, order.id, batch.json)
      if (batch.extended.length > 0) await store.extendZips(db, ctx.org, order.id, batch.extended)
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
