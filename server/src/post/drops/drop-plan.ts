/** The batches of an order by date: what was asked for, and what that comes to once the list is known. Pure. */
import { invalid } from '../../problems.ts'
import type { PlannedDrop } from '../orders/orders.sql.ts'
import { sendDate } from '../pieces/new-piece.ts'
import { mailDay } from './drops.ts'

/** A batch to be made: so many pieces, in the order of the list. */
export interface Batch {
  mailDate: string
  lockAt: Date
  count: number
}

/** Checks the dates and puts them in order. Throws invalid_input. */
export const readPlan = (now: Date, plan: readonly PlannedDrop[]): PlannedDrop[] => {
  for (const [index, { mail_date }] of plan.entries()) sendDate(now, mail_date, `/drops/${index}/mail_date`)
  const open = plan.flatMap(({ quantity }, index) => (quantity === undefined ? [index] : []))
  if (open.length > 1)
    throw invalid({ path: `/drops/${open[1]}/quantity`, message: 'is required: only one drop can take what the others leave' })
  return [...plan].sort((a, b) => (a.mail_date < b.mail_date ? -1 : a.mail_date > b.mail_date ? 1 : 0))
}

/**
 * Shares the recipients out. Days that have passed meanwhile become the next one; a drop left without recipients is not made. Throws
 * invalid_input when the drops hold fewer than there are.
 */
export const allocate = (now: Date, plan: readonly PlannedDrop[], recipients: number): Batch[] => {
  if (plan.length === 0) return [{ ...mailDay(now), count: recipients }]
  const fixed = plan.reduce((sum, { quantity = 0 }) => sum + quantity, 0)
  if (fixed < recipients && plan.every(({ quantity }) => quantity !== undefined))
    throw invalid({ path: '/drops', message: `holds ${fixed} of ${recipients} recipients; raise a quantity, or leave one out` })
  let left = recipients
  return plan.flatMap(({ mail_date, quantity }) => {
    const count = Math.min(left, quantity ?? Math.max(0, recipients - fixed))
    left -= count
    return count > 0 ? [{ ...mailDay(now, mail_date), count }] : []
  })
}
