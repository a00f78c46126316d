/** A small server that speaks the part of Stripe's API we use, and signs reports as Stripe does. */
import { createHmac, randomBytes } from 'node:crypto'
import Stripe from 'stripe'
import { type Sink, startSink } from './http-sink.ts'

export interface FakeSession {
  id: string
  url: string
  amount_total: number
  currency: string
  payment_intent: string
  metadata: Record<string, string>
  cancel_url: string
}

export interface FakeStripe {
  url: string
  secret: string
  /** Checkout sessions in the order they were made. */
  sessions: FakeSession[]
  sink: Sink
  /** Body and header of a report that a session was paid. */
  paid(session: FakeSession, change?: object): { body: string; signature: string }
  /** … that so many cents of its payment were given back, in all. */
  refunded(session: FakeSession, cents: number): { body: string; signature: string }
  sign(event: object, secret?: string, timestamp?: number): { body: string; signature: string }
  stop(): Promise<void>
}

const newId = (prefix: string) => `${prefix}_${randomBytes(8).toString('hex')}`

export const startFakeStripe = async (): Promise<FakeStripe> => {
  const secret = newId('whsec')
  const sessions: FakeSession[] = []
  const byKey = new Map<string, FakeSession>()
  const json = (status: number, body: object) => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const sink = await startSink(request => {
    if (request.headers.authorization !== 'Bearer sk_test_fake')
      return json(401, { error: { type: 'invalid_request_error', message: 'no such key' } })
    if (request.method !== 'POST' || request.path !== '/v1/checkout/sessions')
      return json(404, { error: { type: 'invalid_request_error' } })
    const form = new URLSearchParams(request.raw.toString())
    const key = String(request.headers['idempotency-key'])
    const known = byKey.get(key)
    if (known) return json(200, known)
    const id = newId('cs_test')
    const session = {
      object: 'checkout.session',
      id,
      url: `https://checkout.stripe.test/c/pay/${id}`,
      amount_total: Number(form.get('line_items[0][price_data][unit_amount]')),
      currency: form.get('line_items[0][price_data][currency]')!,
      payment_status: 'unpaid',
      payment_intent: newId('pi'),
      metadata: { pennypost_payment: form.get('metadata[pennypost_payment]')! },
      cancel_url: form.get('cancel_url')!,
    }
    byKey.set(key, session)
    sessions.push(session)
    return json(200, session)
  })
  const stripe = new Stripe('sk_test_fake')
  const sign: FakeStripe['sign'] = (event, by = secret, timestamp = Math.floor(Date.now() / 1000)) => {
    const body = JSON.stringify(event)
    return { body, signature: stripe.webhooks.generateTestHeaderString({ payload: body, secret: by, timestamp }) }
  }
  const event = (type: string, object: object) => ({ id: newId('evt'), object: 'event', type, data: { object } })
  return {
    url: sink.url,
    secret,
    sessions,
    sink,
    sign,
    paid: (session, change = {}) => sign(event('checkout.session.completed', { ...session, payment_status: 'paid', ...change })),
    refunded: (session, cents) =>
      sign(
        event('charge.refunded', {
          object: 'charge',
          id: newId('ch'),
          payment_intent: session.payment_intent,
          metadata: session.metadata,
          amount_refunded: cents,
        }),
      ),
    stop: sink.stop,
  }
}

/** Stripe's scheme by hand, to check that the library and we mean the same. */
export const handSigned = (body: string, secret: string, timestamp: number): string =>
  `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
