/** The approval link. GET shows the exact mail, as text only; POST decides about what was shown. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { decideByLink, lookAtApproval, type ShownApproval } from '../../email/policy/approvals.ts'
import type { App } from '../../platform.ts'
import { html, pages, sendDeadLink, sendPage } from './page.ts'

const hint = 'The mail may be decided already, or its seven days are over.'

const line = (name: string, values: string[]) =>
  values.length > 0 ? html`<dt>${name}</dt><dd>${values.map((value, i) => html`${i ? ', ' : ''}${value}`)}</dd>` : undefined

const kilobytes = (size: number) => (size < 1000 ? `${size} bytes` : `${Math.round(size / 1000).toLocaleString('en')} kB`)

const showMail = (reply: FastifyReply, { message, organization, files, htmlAsText, hash }: ShownApproval) =>
  sendPage(
    reply,
    'May this mail go out?',
    html`<p>${organization} wants to send it and waits for your word. What you see is all of it, to the letter.</p>
<dl>${line('From', [message.from_name ? `${message.from_name} <${message.from_email}>` : message.from_email])}
${line('To', message.to_emails)}${line('Cc', message.cc_emails)}${line('Bcc', message.bcc_emails)}
${line('Reply to', message.reply_to_emails)}
${line('Subject', [message.subject])}</dl>
${message.text_body === null ? undefined : html`<h2>Text</h2><pre>${message.text_body}</pre>`}
${
  message.html_body === null
    ? undefined
    : html`<h2>HTML part, as text</h2><pre>${htmlAsText ?? ''}</pre><details><summary>Its source</summary><pre>${message.html_body}</pre></details>`
}
${files.length > 0 ? html`<h2>Attachments</h2><dl>${files.map(file => html`<dt>${kilobytes(file.size)}</dt><dd>${file.filename} (${file.content_type})<br><code>SHA-256 ${file.sha256}</code></dd>`)}</dl>` : undefined}
${Object.keys(message.headers).length > 0 ? html`<h2>Further headers</h2><pre>${Object.entries(message.headers).map(([name, value]) => html`${name}: ${value}\n`)}</pre>` : undefined}
<form method="post"><input type="hidden" name="sha256" value="${hash}"><button name="decision" value="approved">Approve and send</button><button class="no" name="decision" value="rejected">Reject</button></form>`,
  )

export const approvalPages = (fastify: FastifyInstance, app: App): void =>
  pages(fastify, app, scope => {
    scope.get<{ Params: { token: string } }>('/approve/:token', async (request, reply) => {
      const found = await lookAtApproval(app, request.params.token)
      if (found?.state !== 'pending') return sendDeadLink(reply, hint)
      return showMail(reply, found)
    })
    scope.post<{ Params: { token: string }; Body: { decision?: string; sha256?: string } | undefined }>(
      '/approve/:token',
      async (request, reply) => {
        const { decision, sha256 = '' } = request.body ?? {}
        if (decision !== 'approved' && decision !== 'rejected') return sendDeadLink(reply, 'Use the buttons of the page.')
        const row = await decideByLink(app, request.params.token, decision, sha256)
        if (!row) return sendDeadLink(reply, hint)
        return decision === 'approved'
          ? sendPage(reply, 'Approved', html`<p>“${row.subject}” is on its way.</p><p class="soft">You can close this page.</p>`)
          : sendPage(
              reply,
              'Rejected',
              html`<p>“${row.subject}” is not sent, and its price is back in the wallet.</p><p class="soft">You can close this page.</p>`,
            )
      },
    )
  })
