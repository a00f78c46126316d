/** An order that lacks nothing but the money: everything its pieces are made from. */
import type { App } from '../../platform.ts'
import { type FieldError, invalid } from '../../problems.ts'
import { readAddress, type StoredAddress } from '../addresses/postal-addresses.ts'
import { carrierFor } from '../carriers/index.ts'
import type { StoredCreative } from '../pieces/creative.ts'
import { campaignOf, complete } from './order-creative.ts'
import type { OrderRow } from './orders.sql.ts'

export interface CompleteOrder {
  id: string
  org: string
  livemode: boolean
  kind: 'postcard' | 'letter'
  size: string
  creative: StoredCreative
  returnAddress: StoredAddress
  qrUrl: string | null
  /** What every recipient's message may name, unless the list says otherwise. */
  mergeVariables: Record<string, string>
  createdAt: Date
}

/** What is on paper and what it lacks: the creative and the address it goes back to. */
const drawn = (row: OrderRow, when: string) => {
  const errors: FieldError[] = []
  const side = complete(row.campaign_type, row.creative ?? {})
  if ('missing' in side) errors.push({ path: `/${side.missing}`, message: `is required before ${when}` })
  const address = returnAddress(row, when)
  if ('errors' in address) errors.push(...address.errors)
  if ('missing' in side || 'errors' in address) return { errors, order: undefined }
  const order: CompleteOrder = {
    id: row.id,
    org: row.organization_id,
    livemode: row.livemode,
    kind: campaignOf(row.campaign_type).kind,
    size: row.size,
    creative: side.creative,
    returnAddress: address.standard,
    qrUrl: row.qr_url,
    mergeVariables: row.sender_name ? { sender_name: row.sender_name } : {},
    createdAt: row.created_at,
  }
  return { errors, order }
}

/** An order that can be drawn, though it may not be printed yet. Throws invalid_input with what is missing on paper. */
export const drawableOrder = (row: OrderRow): CompleteOrder => {
  const { errors, order } = drawn(row, 'a preview')
  if (!order) throw invalid(...errors)
  return order
}

/** Throws invalid_input with every field that is missing, or does not go with the others. */
export const completeOrder = (app: App, row: OrderRow): CompleteOrder => {
  const { errors, order } = drawn(row, 'checkout')
  const wrong = (path: string, message: string) => void errors.push({ path, message })
  if (row.recipient_count === 0) wrong('/recipients', 'are required: upload the list first')
  if (row.recipient_count > row.quantity)
    wrong(
      '/quantity',
      `is ${row.quantity}, but the list has ${row.recipient_count} recipients; raise it, or upload a shorter list`,
    )
  const { title, sizes, qr_per_piece } = carrierFor(app, row.livemode).capabilities()
  if (!(sizes as readonly string[]).includes(row.size)) wrong('/size', `is not printed by ${title}`)
  if (row.qr_url && !qr_per_piece) wrong('/qr_url', `needs a code for each piece, which ${title} does not print`)
  if (errors.length > 0 || !order) throw invalid(...errors)
  return order
}

const returnAddress = (
  { return_address, sender_name }: OrderRow,
  when: string,
): { standard: StoredAddress } | { errors: FieldError[] } => {
  if (!return_address) return { errors: [{ path: '/return_address', message: `is required before ${when}` }] }
  const name = return_address.name ?? sender_name ?? undefined
  const { address, errors } = readAddress({ ...return_address, ...(name ? { name } : {}) }, '/return_address')
  return errors.length > 0 ? { errors } : { standard: address }
}
