/**
 * Preflight of an order: every recipient's words and address are checked against the card they must fit on, and some whole pieces are
 * drawn and looked at, before money moves. 10,000 handwritten cards take some four seconds, in slices between which others are served.
 */
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import { checkRecipient } from '../../printer/postcard.ts'
import { PrintProblem } from '../../printer/problem.ts'
import type { PieceSpec } from '../../printer/render.ts'
import { carrierFor } from '../carriers/index.ts'
import type { CompleteOrder } from '../orders/complete-order.ts'
import type { Artwork, StoredCreative } from '../pieces/creative.ts'
import { literalProblems, literalValues } from '../pieces/literal-text.ts'
import { loadArtwork, renderer, specOf } from '../production/printing.ts'
import * as recipients from '../recipients/order-recipients.sql.ts'
import { type RemarkableRow, remarkable } from './remarkable-rows.ts'

/** A recipient whose piece cannot be printed. */
export interface Unprintable {
  id: string
  row: number
  code: string
  field: string
  message: string
}

export interface Preflight {
  checked: number
  /** What looks like a merge field of another product in the order's own words: no recipient can be left out for it. */
  unconfirmed: { code: string; field: string; message: string }[]
  problems: Unprintable[]
  warnings: string[]
  /** Warnings beyond those that are said. */
  unsaid: number
  /** Of the thickest piece. */
  sheets: number
  /** The rows a person should see before paying. */
  remarkable: RemarkableRow[]
}

const batch = 500
const slice = 20
/** Stand for what a piece gets at checkout: same length, same place. */
export const sampleBarcode = '00310000000000000000'
const sampleCode = '0000000000000000'

/** Checks all accepted recipients of an order. */
export const preflightOrder = async (app: App, db: Db, order: CompleteOrder): Promise<Preflight> => {
  const artwork = await loadArtwork(app, db, order.org, [order.creative])
  const unconfirmed = literalProblems(order.creative, order.qrUrl).map(({ code, path, message, fix }) => ({
    code,
    field: fieldOfOrder(order, path),
    message: `${message} ${fix}`,
  }))
  const found: Preflight = { checked: 0, unconfirmed, problems: [], warnings: [], unsaid: 0, sheets: 1, remarkable: [] }
  const remarks = remarkable()
  const samples = new Map<'first' | 'longest', recipients.Recipient>()
  let longest = 0
  for (let after: string | null = null; ; ) {
    const rows: recipients.Recipient[] = await recipients.accepted(db, order.org, order.id, after, batch)
    if (rows.length === 0) break
    after = rows.at(-1)!.id
    found.checked += rows.length
    found.problems.push(...(await checkBatch(app, order, artwork, rows, found)))
    const bad = new Set(found.problems.slice(-batch).map(({ id }) => id))
    for (const row of rows.filter(({ id }) => !bad.has(id))) {
      remarks.add(row)
      const length = Object.values(row.merge_variables).join('').length
      if (!samples.has('first')) samples.set('first', row)
      if (length <= longest) continue
      longest = length
      samples.set('longest', row)
    }
  }
  for (const row of new Set(samples.values())) await lookAt(app, order, artwork, row, found)
  if (found.unsaid > 0) found.warnings.push(`${found.unsaid} more warnings of single rows.`)
  return { ...found, remarkable: remarks.rows() }
}

/** The field of the order's request that a part of its creative was given in. */
const fieldOfOrder = ({ creative }: CompleteOrder, path: string): string => {
  if (path.startsWith('qr.')) return path.replace('.', '_')
  const [side, field] = path.split('.') as [string, string]
  if (field === 'message' || field === 'headline' || 'body' in creative) return field
  return `${side}/${field}`
}

/** The piece of one recipient as it would be printed now. */
export const specFor = (
  app: App,
  order: CompleteOrder,
  artwork: Artwork,
  row: recipients.Recipient,
  imb: string | null,
): PieceSpec =>
  specOf(
    app,
    {
      // The same row looks the same each time it is drawn: a hand is wild by its id, and a file bears its date.
      id: row.id,
      kind: order.kind,
      size: order.size,
      recipient: row.recipient,
      return_address: order.returnAddress,
      printed_creative: order.creative,
      merge_variables: { ...order.mergeVariables, ...row.merge_variables },
      imb,
      code: order.qrUrl ? sampleCode : null,
      created_at: order.createdAt,
    },
    artwork,
    `row ${row.row}`,
  )

const unprintable = (row: recipients.Recipient, problem: PrintProblem): Unprintable => ({
  id: row.id,
  row: row.row,
  code: problem.code,
  field: problem.path.replaceAll('.', '/'),
  message: problem.message,
})

const checkBatch = async (
  app: App,
  order: CompleteOrder,
  artwork: Artwork,
  rows: recipients.Recipient[],
  found: Preflight,
): Promise<Unprintable[]> => {
  const problems = [...(await carrierProblems(app, order, rows)), ...unfilled(order, rows)]
  const bad = new Set(problems.map(({ id }) => id))
  const good = rows.filter(({ id }) => !bad.has(id))
  return [
    ...problems,
    ...(mergesIntoArtwork(order.creative)
      ? await compose(app, order, artwork, good, found)
      : await checkWords(app, order, artwork, good, found)),
  ]
}

/** Values of the list that are merge fields nobody filled, where the words of the order name them. */
const unfilled = ({ creative }: CompleteOrder, rows: recipients.Recipient[]): Unprintable[] =>
  rows.flatMap(row =>
    literalValues(creative, row.merge_variables)
      .slice(0, 1)
      .map(problem => unprintable(row, problem)),
  )

/** Where the carrier does not mail to. */
const carrierProblems = async (app: App, order: CompleteOrder, rows: recipients.Recipient[]): Promise<Unprintable[]> => {
  const { countries, title } = carrierFor(app, order.livemode).capabilities()
  if (countries === 'all') return []
  return rows
    .filter(({ recipient }) => !countries.includes(recipient.country))
    .map(({ id, row, recipient }) => ({
      id,
      row,
      code: 'country_not_served',
      field: 'to/country',
      message: `${title} does not mail to ${recipient.country}.`,
    }))
}

/** HTML with merge fields has to be laid out to know whether it fits, and a letter may be many pages. */
const mergesIntoArtwork = (creative: StoredCreative): boolean =>
  'body' in creative || [creative.front, creative.back].some(side => side.kind === 'html' && side.html.includes('{{'))

/** Warnings of the words of single recipients; a long list says the first ones, and how many more there are. */
const mostWarned = 20

const warn = (found: Preflight, row: recipients.Recipient, warnings: readonly { code: string; message: string }[]): void => {
  for (const { code, message } of warnings) {
    // What is wrong with the artwork is wrong with all of them, and is said once.
    const said = code === 'low_resolution' ? message : `Row ${row.row}: ${message}`
    if (found.warnings.includes(said)) continue
    if (found.warnings.length < mostWarned) found.warnings.push(said)
    else found.unsaid++
  }
}

const checkWords = async (
  app: App,
  order: CompleteOrder,
  artwork: Artwork,
  rows: recipients.Recipient[],
  found: Preflight,
): Promise<Unprintable[]> => {
  const problems: Unprintable[] = []
  for (const [i, row] of rows.entries()) {
    if (i % slice === slice - 1) await new Promise(setImmediate)
    const spec = specFor(app, order, artwork, row, null)
    try {
      if (spec.kind === 'postcard') warn(found, row, checkRecipient(spec))
    } catch (problem) {
      if (!(problem instanceof PrintProblem)) throw problem
      problems.push(unprintable(row, problem))
    }
  }
  return problems
}

const compose = async (
  app: App,
  order: CompleteOrder,
  artwork: Artwork,
  rows: recipients.Recipient[],
  found: Preflight,
): Promise<Unprintable[]> => {
  const problems: Unprintable[] = []
  for (let at = 0; at < rows.length; at += slice) {
    const some = rows.slice(at, at + slice)
    const specs = some.map(row => specFor(app, order, artwork, row, null))
    for await (const file of renderer.impose(specs, { piecesPerFile: slice, title: 'Preflight', created: app.clock.now() })) {
      for (const { index, problem } of file.refused) problems.push(unprintable(some[index]!, problem))
      for (const { index, pages, warnings } of file.pieces) {
        found.sheets = Math.max(found.sheets, pages / 2) // both sides of each count
        warn(found, some[index]!, warnings)
      }
    }
    await new Promise(setImmediate)
  }
  return problems
}

/** Draws a whole piece, barcode and all, and reads it back. */
const lookAt = async (
  app: App,
  order: CompleteOrder,
  artwork: Artwork,
  row: recipients.Recipient,
  found: Preflight,
): Promise<void> => {
  const spec = specFor(app, order, artwork, row, row.recipient.country === 'US' ? sampleBarcode : null)
  const { problems, warnings } = await renderer.preflight(spec)
  found.problems.push(...problems.map(problem => unprintable(row, problem)))
  warn(found, row, warnings)
}
