/**
 * Topping up the wallet through Stripe Checkout. Stripe tells us of payments by webhooks that come twice, late, in any order or from
 * somebody else: each is verified by its signature over the raw bytes, and what it does depends on the payment's row, locked, and
 * not on which report comes first. So a payment credits once, in the transaction that records it.
 *
 * Refunds (made by the operator, at Stripe) take the credit back as far as it is still in the wallet; what was spent by then is the
 * operator's loss and stands in `payments.settled_mills - taken_mills`. The balance never goes below zero.
 */
import Stripe from 'stripe'
import Type from 'typebox'
import * as organizations from '../accounts/organizations.sql.ts'
import { record } from '../events/events.sql.ts'
import { signUrl, verifyUrl } from '../kernel/crypto.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId, parseId, publicId } from '../kernel/ids.ts'
import { due, queue } from '../notifications/notices.sql.ts'
import { oneLine, tellOwner } from '../notifications/notices.ts'
import { object, operation } from '../operation.ts'
import type { App } from '../platform.ts'
import { paymentCame } from '../post/orders/orders.sql.ts'
import { invalid, problem } from '../problems.ts'
import * as store from './payments.sql.ts'
import * as wallet from './wallet.sql.ts'
import { dollars } from './wallet.ts'

/** What one top-up may be, in mills. */
export const topupLimits = { least: 1000, most: 10_000_000 } as const
const dayMs = 86_400_000
const linkMs = 7 * dayMs
/** Stripe counts in cents. */
const millsPerCent = 10

/** Undefined: this server takes no payments. */
const stripeOf = ({ config }: App): Stripe | undefined => {
  if (!config.STRIPE_SECRET_KEY) return undefined
  const url = config.STRIPE_API_URL ? new URL(config.STRIPE_API_URL) : undefined
  return new Stripe(config.STRIPE_SECRET_KEY, {
    maxNetworkRetries: 2,
    timeout: 15_000,
    telemetry: false,
    ...(url
      ? {
          host: url.hostname,
          port: url.port || (url.protocol === 'http:' ? 80 : 443),
          protocol: url.protocol === 'http:' ? 'http' : 'https',
        }
      : {}),
  })
}

export const takesPayments = (app: App): boolean => app.config.STRIPE_SECRET_KEY !== ''

/** A link to the page where anybody who has it can pay for the organization; it shows name and balance, nothing else. Seven days. */
export const billingUrl = (app: App, organizationId: string): string =>
  app.publicUrl +
  signUrl(
    app.masterKey,
    `/billing?organization=${publicId('organization', organizationId)}`,
    'billing',
    new Date(app.clock.now().getTime() + linkMs),
  )

/** What a billing link is for; undefined when it is forged or has expired. */
export const lookAtBilling = async (app: App, url: string) => {
  if (!verifyUrl(app.masterKey, url, 'billing', app.clock.now())) return undefined
  const id = parseId('organization', new URL(url, 'http://x').searchParams.get('organization') ?? '')
  const row = id && (await organizations.unscopedById(app.db, id))
  return row && { id: row.id, name: row.name, balance: await wallet.balance(app.db, row.id, true) }
}

/**
 * Opens a Checkout session. Throws payments_off; unavailable when Stripe does not answer.
 * @param amount mills, whole cents within topupLimits
 * @returns `url` is Stripe's page, good for a day
 */
export const startTopup = async (
  app: App,
  db: Db,
  organizationId: string,
  amount: number,
): Promise<{ id: string; url: string }> => {
  const stripe = stripeOf(app)
  if (!stripe) throw problem('payments_off')
  const id = newId()
  const reference = publicId('payment', id)
  const metadata = { pennypost_payment: reference }
  const session = await stripe.checkout.sessions
    .create(
      {
        mode: 'payment',
        client_reference_id: reference,
        line_items: [
          {
            quantity: 1,
            price_data: { currency: 'usd', unit_amount: amount / millsPerCent, product_data: { name: 'Pennypost credit' } },
          },
        ],
        metadata,
        // The charge inherits it, so that a refund that is told of before its payment finds it too.
        payment_intent_data: { metadata },
        success_url: `${app.publicUrl}/billing/thanks`,
        cancel_url: billingUrl(app, organizationId),
      },
      { idempotencyKey: reference },
    )
    .catch((error: Error) => {
      app.log.error({ error: error.message }, 'Stripe opened no checkout session')
      throw problem('unavailable')
    })
  if (!session.url) throw problem('unavailable')
  await store.insert(db, organizationId, { id, amount, sessionId: session.id })
  return { id: reference, url: session.url }
}

export const createTopup = operation(
  'Buy credit: get a link to pay at',
  'account.manage',
  {
    input: object({
      amount_mills: Type.Integer({
        minimum: topupLimits.least,
        maximum: topupLimits.most,
        description: 'In 1/1000 USD, whole cents: 5000 is $5.',
      }),
    }),
    output: Type.Object({ id: Type.String(), url: Type.String({ description: 'Where a human pays.' }) }),
  },
  async (ctx, input) => {
    if (!ctx.livemode) throw problem('live_only', { what: 'wallet' })
    if (input.amount_mills % millsPerCent)
      throw invalid({ path: '/amount_mills', message: 'is no whole number of cents; 5000 is $5' })
    return startTopup(ctx.app, ctx.db, ctx.org, input.amount_mills)
  },
)

/** Stripe's own tolerance for the age of a signature. */
const signatureSeconds = 300

/** Whether a header can be Stripe's signature of now: `t=<seconds>,v1=<64 hexadecimal digits>,…`. Asked before the body is read. */
export const mayBeStripe = (app: App, signature: string): boolean => {
  const at = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1] ?? 0)
  const age = Math.abs(app.clock.now().getTime() / 1000 - at)
  return signature.length <= 1000 && /(?:^|,)v1=[0-9a-f]{64}(?:,|$)/.test(signature) && age <= signatureSeconds
}

/**
 * Takes in a report of Stripe's.
 * @param body the bytes as they came: the signature is over them
 * @returns false when the signature is not Stripe's, or older than five minutes
 */
export const hearStripe = async (app: App, body: Buffer, signature: string): Promise<boolean> => {
  const stripe = stripeOf(app)
  if (!stripe || !app.config.STRIPE_WEBHOOK_SECRET) throw problem('payments_off')
  let event: Stripe.Event
  try {
    event = stripe.webhooks.constructEvent(body, signature, app.config.STRIPE_WEBHOOK_SECRET)
  } catch (error) {
    app.log.warn({ error: (error as Error).message.split('\n')[0] }, 'a report that is not from Stripe')
    return false
  }
  if (event.type === 'checkout.session.completed' || event.type === 'checkout.session.async_payment_succeeded')
    await creditPayment(app, event.data.object)
  else if (event.type === 'charge.refunded') await noteRefund(app, event.data.object)
  return true
}

const idOf = (thing: string | { id: string } | null): string | null => (typeof thing === 'string' ? thing : (thing?.id ?? null))
const ours = (metadata: Stripe.Metadata | null): string | undefined => metadata?.pennypost_payment

const creditPayment = async (app: App, session: Stripe.Checkout.Session): Promise<void> => {
  const reference = ours(session.metadata)
  if (session.payment_status !== 'paid' || reference === undefined) return
  await app.db.tx(async db => {
    const payment = await store.unscopedLock(db, null, session.id)
    // Stripe tries again later; until then somebody may find out.
    if (!payment || publicId('payment', payment.id) !== reference) throw problem('not_found', { what: `payment ${reference}` })
    if (session.currency !== 'usd' || session.amount_total !== payment.amount_mills / millsPerCent)
      throw new Error(
        `${reference} was to be ${payment.amount_mills} mills, and Stripe reports ${session.amount_total} ${session.currency}`,
      )
    const org = payment.organization_id
    if (!(await store.pay(db, org, payment.id, idOf(session.payment_intent), app.clock.now()))) return
    const balance = await wallet.add(db, org, true, { amount: payment.amount_mills, kind: 'topup', reference })
    const data = { payment_id: reference, amount_mills: payment.amount_mills, balance_mills: balance }
    await record(db, [{ type: 'wallet.topped_up', organization_id: org, livemode: true, data }])
    await paymentCame(db, org, reference)
    await takeBack(db, { ...payment, status: 'paid' })
  })
}

const noteRefund = async (app: App, charge: Stripe.Charge): Promise<void> => {
  const reference = ours(charge.metadata)
  const intent = idOf(charge.payment_intent)
  if (reference === undefined && intent === null) return
  await app.db.tx(async db => {
    const payment = await store.unscopedLock(db, parseId('payment', reference ?? '') ?? null, intent ?? '')
    if (!payment) return
    await takeBack(db, (await store.refund(db, payment.organization_id, payment.id, charge.amount_refunded * millsPerCent))!)
  })
}

/** Takes what is refunded and not yet settled out of the wallet. Before the payment was credited there is nothing to take. */
const takeBack = async (db: Db, payment: store.PaymentRow): Promise<void> => {
  const open = payment.refunded_mills - payment.settled_mills
  if (payment.status !== 'paid' || open <= 0) return
  const org = payment.organization_id
  const reference = publicId('payment', payment.id)
  const { taken, balance } = (await store.takeUpTo(db, org, open, reference))!
  await store.settle(db, org, payment.id, open, taken)
  const data = { payment_id: reference, refunded_mills: open, taken_mills: taken, balance_mills: balance }
  await record(db, [{ type: 'wallet.refunded', organization_id: org, livemode: true, data }])
}

/** Has owners told that the wallet is empty, each at most once a day, when the caller's transaction commits. */
export const tellOfEmptyWallets = async (app: App, db: Db, organizationIds: string[]): Promise<void> => {
  const now = app.clock.now()
  for (const organization of [...new Set(organizationIds)].sort())
    if (await due(db, organization, 'empty_wallet', now, new Date(now.getTime() - dayMs)))
      await queue(db, 'wallet.empty', { id: newId(), organization })
}

/** Job `wallet.empty`. */
export const sendEmptyWalletMail = (app: App, { id, organization }: { id: string; organization: string }): Promise<void> =>
  app.db.tx(async db => {
    const row = await organizations.unscopedById(db, organization)
    if (!row) return
    const balance = await wallet.balance(db, organization, true)
    const way = takesPayments(app)
      ? `Top it up here (the link works for seven days):\n\n${billingUrl(app, organization)}`
      : 'This server takes no online payments: ask its operator for credit.'
    await tellOwner(app, db, organization, {
      id,
      subject: `"${oneLine(row.name, 60)}" has run out of credit`,
      text: `${oneLine(row.name)} wanted to send, but its credit of ${dollars(balance)} was not enough.
Sending is refused until there is more. Receiving and reading go on.

${way}

You get this mail at most once a day.
`,
    })
  })
