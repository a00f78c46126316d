/** An order whose recipients come with it, for clients that hold them as data and not as a file. They go the way of every list. */
import Type, { type Static } from 'typebox'
import { type Context, isProblem, object, operation } from '../../operation.ts'
import { invalid } from '../../problems.ts'
import { ListReport } from '../recipients/list-report.ts'
import { checkList, uploadRecipients } from '../recipients/order-recipients.ts'
import { Order, showOrder } from './order-view.ts'
import { createOrder } from './orders.ts'

/** Lists beyond this are files. */
const mostRecipients = 5000

const Cell = Type.Union([Type.String({ maxLength: 4000 }), Type.Number(), Type.Boolean(), Type.Null()])
const Fields = Type.Record(Type.String(), Type.Union([Cell, Type.Record(Type.String(), Cell, { maxProperties: 100 })]), {
  maxProperties: 200,
  description:
    'As a row of a list: name or first_name and last_name, company, line1, line2, city, state, zip, country, and a value for each merge field. An address may stand in an object of its own.',
})

const List = Type.Array(Fields, {
  minItems: 1,
  maxItems: mostRecipients,
  description: `The list itself, up to ${mostRecipients} recipients in a request of 1 MB; longer ones are uploaded to /orders/:order_id/recipients.`,
})

type Row = Static<typeof Fields>

/** `{ name, address: { line1 } }` → name, line1. A name that stands twice keeps what was said first. */
const flat = (row: Row): Map<string, string> => {
  const cells = new Map<string, string>()
  const put = (name: string, value: Static<typeof Cell>) => {
    if (!cells.has(name) && value !== null) cells.set(name, String(value))
  }
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'object' || value === null) put(name, value)
    else for (const [inner, cell] of Object.entries(value)) put(inner, cell)
  }
  return cells
}

/** The recipients as the text of a list: one column for each field that any of them has. */
const listText = (recipients: readonly Row[]): string => {
  const rows = recipients.map(flat)
  const headings = [...new Set(rows.flatMap(row => [...row.keys()]))]
  const lines = [headings, ...rows.map(row => headings.map(heading => row.get(heading) ?? ''))]
  return lines.map(line => line.map(cell => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n')
}

/** A refusal of the list is about the field it came in. */
const inRecipients = (error: unknown): unknown =>
  isProblem(error) && error.code === 'invalid_input' && error.errors
    ? invalid(...error.errors.map(({ path, message }) => ({ path: path.replace(/^\/(file|csv)\b/, '/recipients'), message })))
    : error

const asRecipients = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw inRecipients(error)
  }
}

export const createOrderWithList = operation(
  'Create an order',
  'orders.create',
  {
    input: object({ ...createOrder.input.properties, recipients: Type.Optional(List) }),
    output: Type.Object({
      ...Order.properties,
      recipients: Type.Optional(
        Type.Object(ListReport.properties, { description: 'How the list was read; the first recipient is row 2.' }),
      ),
    }),
  },
  async (ctx, { recipients, ...order }) => {
    if (!recipients) return createOrder.call(ctx, order)
    const csv = listText(recipients)
    // A list that cannot be read leaves no order behind.
    await asRecipients(checkList(ctx, csv))
    const { id } = await createOrder.call(ctx, order)
    // Who may make an order may make it with its list: it is nobody else's yet.
    const own: Context = { ...ctx, scopes: new Set([...ctx.scopes, 'orders.update']) }
    const report = await asRecipients(uploadRecipients.call(own, { order_id: id, csv }))
    return { ...(await showOrder(ctx, id)), recipients: report }
  },
)
