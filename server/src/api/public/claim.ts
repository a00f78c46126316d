/** The claim link. GET only shows: mail scanners open every link, and must not thereby confirm anything. POST confirms. */
import type { FastifyInstance } from 'fastify'
import { claimOrganization, lookAtClaim } from '../../accounts/ownership-claims.ts'
import type { App } from '../../platform.ts'
import { html, pages, sendDeadLink, sendPage } from './page.ts'

const hint = 'If you have confirmed it before, all is well. Otherwise ask your agent for a new mail: POST /v1/organization/claim.'

export const claimPages = (fastify: FastifyInstance, app: App): void =>
  pages(fastify, app, scope => {
    scope.get<{ Params: { token: string } }>('/claim/:token', async (request, reply) => {
      const found = await lookAtClaim(app, request.params.token)
      if (!found) return sendDeadLink(reply, hint)
      return sendPage(
        reply,
        `Is ${found.name} yours?`,
        html`<p>An agent has registered here and named you as the human who answers for it.</p>
<dl><dt>Name</dt><dd>${found.name}</dd>
<dt>${found.emails.length === 1 ? 'Address' : 'Addresses'}</dt><dd>${found.emails.map((email, i) => html`${i ? ', ' : ''}${email}`)}</dd>
<dt>Owner</dt><dd>${found.owner_email}</dd>
<dt>Registered</dt><dd>${found.created_at.toISOString().slice(0, 16).replace('T', ' ')} UTC</dd></dl>
<p>Once you confirm, mails of its that wait for a human’s approval come to you.</p>
<form method="post"><button>Yes, it is mine</button></form>
<p class="soft">Not yours? Close this page. Nothing happens, and the link expires by itself.</p>`,
      )
    })
    scope.post<{ Params: { token: string } }>('/claim/:token', async (request, reply) => {
      const row = await claimOrganization(app, request.params.token)
      if (!row) return sendDeadLink(reply, hint)
      return sendPage(
        reply,
        `${row.name} is yours`,
        html`<p>Thank you. You, ${row.owner_email}, are now its owner.</p><p class="soft">You can close this page.</p>`,
      )
    })
  })
