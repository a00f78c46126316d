/** Topping up: the page behind the link that owners are mailed, and the ear for Stripe's reports. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hearStripe, lookAtBilling, mayBeStripe, startTopup, takesPayments, topupLimits } from '../../billing/payments.ts'
import { dollars, prices } from '../../billing/wallet.ts'
import { limits } from '../../limits.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { acceptBytes } from '../body.ts'
import { limitByAddress } from '../surface.ts'
import { html, pages, sendPage } from './page.ts'

/** Stripe reports from few addresses, and much when much is sold. */
const reportsPerMinute = 1200
/** What the page offers, in dollars. */
const offers = [5, 10, 25, 50, 100]
const perDollar = 1000

const noLink = (reply: FastifyReply, app: App) =>
  sendPage(
    reply,
    'Topping up',
    takesPayments(app)
      ? html`<p>This page needs the link from your mail; links work for seven days.</p>
<p>When an organization runs out of credit, its owner is mailed a fresh one. An agent can get one at any time: it stands as <code>billing_url</code> in every 402 answer, and <code>POST /v1/wallet/topups</code> leads straight to payment.</p>`
      : html`<p>This server takes no online payments. Ask its operator for credit.</p>`,
  )

const paymentPage = (reply: FastifyReply, url: string, { name, balance }: { name: string; balance: number }) =>
  sendPage(
    reply,
    `Credit for ${name}`,
    html`<p class="sum">${dollars(balance)}</p><p class="soft">is left: enough for ${Math.floor(balance / prices.email).toLocaleString('en')} emails.</p>
<form method="post" action="${url}"><fieldset><legend>Add</legend>
${offers.map(offer => html`<label><input type="radio" name="dollars" value="${offer}"${offer === 10 ? html` checked` : undefined}><span>$${offer}</span></label>`)}
</fieldset><button>Go to payment</button></form>
<p class="soft">You pay at Stripe; no card number passes through here. An email costs ${dollars(prices.email)}, an attachment ${dollars(prices.attachment)}.</p>`,
    // Stripe's page may be at a domain of the operator's own.
    { formsLeadTo: 'https:' },
  )

export const billingPages = (fastify: FastifyInstance, app: App): void => {
  pages(fastify, app, scope => {
    scope.get('/billing', async (request, reply) => {
      const found = takesPayments(app) ? await lookAtBilling(app, request.url) : undefined
      return found ? paymentPage(reply, request.url, found) : noLink(reply, app)
    })
    scope.post<{ Body: { dollars?: string } | undefined }>('/billing', async (request, reply) => {
      const found = takesPayments(app) ? await lookAtBilling(app, request.url) : undefined
      if (!found) return noLink(reply, app)
      const amount = Number(request.body?.dollars) * perDollar
      if (!Number.isInteger(amount) || amount < topupLimits.least || amount > topupLimits.most)
        return paymentPage(reply, request.url, found)
      const taken = await app.limits.take([{ name: 'billing-page', points: 30, seconds: 3600 }], found.id)
      if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
      return reply.header('cache-control', 'no-store').redirect((await startTopup(app, app.db, found.id, amount)).url, 303)
    })
    scope.get('/billing/thanks', (_, reply) =>
      sendPage(
        reply,
        'Thank you',
        html`<p>The credit is there as soon as Stripe confirms the payment, usually within seconds.</p><p class="soft">You can close this page.</p>`,
      ),
    )
  })
  fastify.register((scope, _options, done) => {
    acceptBytes(scope)
    const from = (request: FastifyRequest) => String(request.headers['stripe-signature'] ?? '')
    scope.post<{ Body: Buffer }>('/webhooks/stripe', {
      bodyLimit: limits.reportBytes,
      // The signature is over the body. What can be said before: whether there is one, and not too old.
      onRequest: async (request, reply) => {
        await limitByAddress(app, request, reportsPerMinute)
        if (!takesPayments(app)) throw problem('payments_off')
        if (!mayBeStripe(app, from(request))) return reply.code(400).send({ received: false })
      },
      handler: async (request, reply) => {
        const heard = Buffer.isBuffer(request.body) && (await hearStripe(app, request.body, from(request)))
        return reply.code(heard ? 200 : 400).send({ received: heard })
      },
    })
    done()
  })
}
