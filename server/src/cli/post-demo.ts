/** `demo post`: a handwritten campaign in the sandbox, from order to analytics, through the Mailbots calls and a few of our own. */
import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Answer, caller } from './demo-caller.ts'

interface Stage {
  url: string
  /** The customer's webhook receiver. */
  sink: { url: string; seen: { headers: IncomingHttpHeaders; body: string }[] }
  step(title: string): void
  say(line: string): void
}

const list = `First Name,Last Name,Street Address,City,State,ZIP,Favourite Tea
Margaret,Holloway,1847 Orchard Hill Road,Northampton,Massachusetts,1060,Darjeeling
Tomás,Núñez,22 Harbor Street Apartment 4B,Portland,ME,4101,Assam
Ada,Lovelace,15 Analytical Avenue,Boston,MA,2139,Earl Grey
Margaret,Holloway,1847 orchard hill rd,Northampton,MA,01060,Darjeeling
Bob,,9 Nowhere Lane,,MA,02139,Oolong
RETURNED,,3 Elm Street,Boston,MA,02139,Sencha
`

const message = `Dear {{first_name}},

your {{favourite_tea}} is in! Come by before the weekend, we kept a tin for you.

Warmly,
Eleanor`

const dollars = (mills: number) => `$${(mills / 1000).toFixed(2)}`

/** Asks until it is so. */
const until = async (look: () => Promise<unknown>): Promise<void> => {
  const deadline = Date.now() + 60_000
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error('It did not happen in time')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

export const tellPost = async (stage: Stage): Promise<void> => {
  const { step, say, sink, url } = stage
  step('An organization with a test key: everything is real but the paper')
  const me = await caller(url, '', say)('POST', '/v1/register', { name: 'The Copper Kettle', owner_email: 'owner@company.test' })
  const { key } = await caller(url, me.api_key, say)('POST', '/v1/api-keys', { name: 'Demo', mode: 'test', dialect: 'mailbots' })
  const call = caller(url, key, say)
  const quietly = caller(url, key, () => {})
  say(`the key ${key.slice(0, 12)}… works with Mailbots' clients`)
  const hook = await call('POST', '/api/v1/webhooks', {
    url: sink.url,
    events: ['order.paid', 'order.production_started', 'order.mailed', 'piece.delivered', 'piece.returned', 'qr.scanned'],
  })

  step('An order for handwritten cards (the Mailbots call, unchanged)')
  const order = await call('POST', '/api/v1/orders', {
    quantity: 500,
    message,
    campaign_type: 'handwritten',
    sender_name: 'The Copper Kettle',
    return_address: { line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
    qr_url: 'https://example.com/tea',
  })
  say(`order ${order.id}, ${order.status}`)

  step('Its recipients, as a spreadsheet left them')
  const form = new FormData()
  form.append('file', new File([list], 'customers.csv'))
  const report = await call('POST', `/api/v1/orders/${order.id}/recipients`, form)
  for (const { heading, field, merge_field } of report.columns)
    say(`  "${heading}" is ${field ?? 'a merge field'}, in the message {{${merge_field}}}`)
  say(`${report.accepted} accepted; ${report.zips_mended} ZIP codes had lost their zeros`)
  for (const { row, reasons } of report.rejected_rows)
    say(`  row ${row} rejected: ${reasons.map((reason: Answer) => `${reason.field ?? 'it'} ${reason.message}`).join('; ')}`)

  step('A quote: every piece is laid out before money moves')
  const { order: quoted, preflight } = await call('POST', `/v1/orders/ord_${order.id}/quote`, {})
  say(`${preflight.checked} pieces checked, ${preflight.problem_count} problems`)
  const [line] = quoted.quote.lines
  say(
    `${line.pieces} × (${dollars(line.production_mills_each)} + ${dollars(line.postage_mills_each)} postage) = ${dollars(quoted.quote.total_mills)}`,
  )

  step('Checkout')
  const paid = await call('POST', `/api/v1/orders/${order.id}/checkout`, {})
  say(`${paid.status}; goes to the printer on ${paid.drops[0].mail_date} (test mode: nothing was charged)`)

  step('The sandbox’s clock moves to that day; the drop is rendered and "printed"')
  await call('POST', '/v1/test-clock/advance', { days: 4 })
  await until(async () => (await quietly('GET', `/api/v1/orders/${order.id}`)).status !== 'paid')
  const { data } = await call('GET', `/v1/pieces?order_id=ord_${order.id}`)
  const card = data.at(-1)
  const path = join(tmpdir(), 'pennypost-demo-card.pdf')
  await writeFile(path, Buffer.from(await (await fetch(card.proof.pdf_url)).arrayBuffer()))
  say(`the card to ${card.to.name}, front and back: ${path}`)

  step('She scans the code on her card')
  const scan = await fetch(url + new URL(card.short_url).pathname, {
    redirect: 'manual',
    headers: { 'user-agent': 'Mozilla/5.0 (iPhone)' },
  })
  say(`${card.short_url}  → ${scan.status} ${scan.headers.get('location')}`)

  step('Two weeks later')
  await call('POST', '/v1/test-clock/advance', { days: 14 })
  await until(async () => (await quietly('GET', `/api/v1/orders/${order.id}`)).status === 'completed')
  const tracking = await call('GET', `/api/v1/pieces/${card.id.slice(4)}/tracking`)
  for (const { status, at } of tracking.timeline) say(`  ${at.slice(0, 16).replace('T', ' ')}  ${status}`)

  step('The webhooks came too, signed as the Mailbots document says')
  await until(async () => sink.seen.some(({ headers }) => headers['x-mailbots-event'] === 'piece.returned'))
  for (const { headers, body } of sink.seen) {
    const expected = `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`
    if (headers['x-mailbots-signature'] !== expected) throw new Error('The signature does not fit')
  }
  const counts = Map.groupBy(sink.seen, ({ headers }) => String(headers['x-mailbots-event']))
  say([...counts].map(([event, all]) => `${all.length} × ${event}`).join(', '))

  step('What became of it')
  const analytics = await call('GET', `/api/v1/orders/${order.id}/analytics`)
  say(
    `${analytics.mailed} mailed, ${analytics.delivered} delivered, ${analytics.returned} returned, ${analytics.unknown} unknown: delivery rate ${analytics.delivery_rate}`,
  )
  say(`${analytics.qr.scans} QR scan, ${analytics.responses} response`)
  const done = await call('GET', `/api/v1/orders/${order.id}`)
  say(`order ${done.status}, payment ${done.payment_status}`)
  console.log(`\nLook at the card: ${path}\n`)
}
