/** A postcard or letter that waits for approval: made, checked and paid, and in no printer's hands. What is not approved is paid back. */
import type { FindHeld, HeldPage, Refusal } from '../../approvals/held-thing.ts'
import { hold } from '../../approvals/hold.ts'
import { dollars } from '../../billing/wallet.ts'
import { sha256 } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import { dropFor, mailDay } from '../drops/drops.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { creativeHash } from './creative-hash.ts'
import { toPiece } from './piece-view.ts'
import * as store from './pieces.sql.ts'
import { movePieces } from './transitions.ts'

/** SHA-256 over everything that decides what is printed, for whom, and what it costs. */
const pieceHash = async (app: App, db: Db, row: store.PieceRow): Promise<Buffer> =>
  sha256(
    JSON.stringify([
      [row.id, row.kind, row.size, row.recipient, row.return_address, row.merge_variables, row.qr_url],
      await creativeHash(app, db, row.organization_id, row.creative),
      row.send_date,
      row.price_mills,
    ]),
  )

/** Keeps a piece that was just written as held. */
export const holdPiece = async (app: App, db: Db, row: store.PieceRow): Promise<void> =>
  hold(app, db, {
    kind: 'piece',
    id: row.id,
    org: row.organization_id,
    livemode: row.livemode,
    hash: await pieceHash(app, db, row),
    cost: row.price_mills,
  })

const failures: Record<Refusal, string> = {
  rejected: 'It was rejected by who approves.',
  expired: 'It was not approved within seven days.',
}

export const findHeldPiece: FindHeld = async (app, db, { org, livemode, id }) => {
  const row = await store.byId(db, org, livemode, id)
  if (!row) return undefined
  const tenant = { org, livemode }
  return {
    question: `May this ${row.kind} be printed and mailed?`,
    title: `${row.kind === 'postcard' ? 'Postcard' : 'Letter'} to ${row.recipient.name ?? row.recipient.company ?? row.recipient.line1}`,
    approved: 'goes to the printer.',
    rejected: 'is not printed, and its price is back in the wallet.',
    hash: () => pieceHash(app, db, row),
    // Its drop may have locked while it waited: it goes with the next one.
    approve: async () => {
      const at = await nowFor(app, db, org, livemode)
      const drop = await dropFor(db, tenant, mailDay(at, row.send_date))
      await store.putInto(db, org, id, drop.id)
      await movePieces(app, db, tenant, new Map([[id, [{ to: 'created', at }]]]))
    },
    reject: async how => {
      const at = await nowFor(app, db, org, livemode)
      const failure = { code: 'not_approved', message: failures[how] }
      await movePieces(app, db, tenant, new Map([[id, [{ to: 'cancelled', at, failure }]]]))
    },
    show: async () => toPiece(app, (await store.byId(db, org, livemode, id))!),
    page: async () => pageOf(app, row),
  }
}

const lines = (address: StoredAddress): string[] =>
  [
    address.name,
    address.company,
    address.line1,
    address.line2,
    `${address.city ?? ''} ${address.state ?? ''} ${address.zip ?? ''}`.trim(),
    address.country,
  ].filter(part => part !== undefined && part !== '') as string[]

const pageOf = (app: App, row: store.PieceRow): HeldPage => {
  const { proof, creative, merge_variables } = toPiece(app, row)
  return {
    intro: `wants to have this ${row.kind} printed and mailed, and waits for your word.`,
    facts: [
      ['To', lines(row.recipient)],
      ['From', lines(row.return_address)],
      ['Size', [row.size]],
      ['Price', [dollars(row.price_mills)]],
      ['QR code', row.qr_url ? [row.qr_url] : []],
      ['Id', [publicId('piece', row.id)]],
    ],
    parts: [
      { heading: 'What is on it', text: JSON.stringify(creative, null, 2) },
      ...(Object.keys(merge_variables).length === 0
        ? []
        : [{ heading: 'Merge fields', text: JSON.stringify(merge_variables, null, 2) }]),
    ],
    links: [{ says: 'See the print file (PDF)', url: proof.pdf_url }],
    approve: 'Approve and print',
  }
}
