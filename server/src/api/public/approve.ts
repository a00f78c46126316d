/** The approval link. GET shows exactly what is held, as text only; POST decides about what was shown. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { decideByLink, lookAtApproval, type ShownApproval } from '../../approvals/approvals.ts'
import type { App } from '../../platform.ts'
import { html, pages, sendDeadLink, sendPage } from './page.ts'

const hint = 'It may be decided already, or its seven days are over.'

const line = ([name, values]: [string, string[]]) =>
  values.length > 0 ? html`<dt>${name}</dt><dd>${values.map((value, i) => html`${i ? ', ' : ''}${value}`)}</dd>` : html``

const part = ({ heading, text, source, entries }: ShownApproval['parts'][number]) => html`<h2>${heading}</h2>
${text === undefined ? undefined : html`<pre>${text}</pre>`}
${source === undefined ? undefined : html`<details><summary>Its source</summary><pre>${source}</pre></details>`}
${entries && html`<dl>${entries.map(({ name, value, note }) => html`<dt>${name}</dt><dd>${value}<br><code>${note}</code></dd>`)}</dl>`}`

const show = (reply: FastifyReply, { organization, question, intro, facts, parts, links, approve, hash }: ShownApproval) =>
  sendPage(
    reply,
    question,
    html`<p>${organization} ${intro}</p>
<dl>${facts.map(line)}</dl>
${parts.map(part)}
${links.map(({ says, url }) => html`<p><a href="${url}">${says}</a></p>`)}
<form method="post"><input type="hidden" name="sha256" value="${hash}"><button name="decision" value="approved">${approve}</button><button class="no" name="decision" value="rejected">Reject</button></form>`,
  )

export const approvalPages = (fastify: FastifyInstance, app: App): void =>
  pages(fastify, app, scope => {
    scope.get<{ Params: { token: string } }>('/approve/:token', async (request, reply) => {
      const found = await lookAtApproval(app, request.params.token)
      if (found?.state !== 'pending') return sendDeadLink(reply, hint)
      return show(reply, found)
    })
    scope.post<{ Params: { token: string }; Body: { decision?: string; sha256?: string } | undefined }>(
      '/approve/:token',
      async (request, reply) => {
        const { decision, sha256 = '' } = request.body ?? {}
        if (decision !== 'approved' && decision !== 'rejected') return sendDeadLink(reply, 'Use the buttons of the page.')
        const thing = await decideByLink(app, request.params.token, decision, sha256)
        if (!thing) return sendDeadLink(reply, hint)
        const says = decision === 'approved' ? thing.approved : thing.rejected
        return sendPage(
          reply,
          decision === 'approved' ? 'Approved' : 'Rejected',
          html`<p>“${thing.title}” ${says}</p><p class="soft">You can close this page.</p>`,
        )
      },
    )
  })
