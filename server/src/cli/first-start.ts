/** A newcomer's first minute: on an empty database, an organization with two inboxes, its key, and a line to try. */
import { mintKey } from '../accounts/keys.ts'
import * as organizations from '../accounts/organizations.sql.ts'
import { openOrganization } from '../accounts/organizations.ts'
import { openInbox } from '../email/inboxes/inboxes.ts'
import type { App } from '../platform.ts'

/** What `serve` prints once it is up. */
export const greet = async (app: App): Promise<string> => {
  const { publicUrl, smtp, config } = app
  const up = `\nPennypost is up.  API ${publicUrl}  ·  docs ${publicUrl}/docs  ·  SMTP port ${smtp.port}  ·  mail domain ${config.MAIL_DOMAIN}\n`
  const first = await openFirst(app)
  if (!first) return up
  return `${up}
Your first organization was made. This key is shown only now:

  ${first.key}

Send a mail from ${first.from} to ${first.to} (through a real SMTP conversation with this server):

  curl -X POST ${publicUrl}/v1/inboxes/${first.from}/messages \\
    -H "Authorization: Bearer ${first.key}" -H "Content-Type: application/json" \\
    -d '{"to": "${first.to}", "subject": "Hello", "text": "My first mail."}'

and see it arrive:

  curl ${publicUrl}/v1/inboxes/${first.to}/messages -H "Authorization: Bearer ${first.key}"
`
}

const openFirst = (app: App) =>
  app.db.tx(async db => {
    await organizations.unscopedLock(db)
    if ((await organizations.unscopedList(db)).length > 0) return undefined
    const { MAIL_DOMAIN, STARTING_CREDIT_MILLS } = app.config
    const org = await openOrganization(db, {
      name: 'First organization',
      ownerEmail: `owner@${MAIL_DOMAIN}`,
      creditMills: STARTING_CREDIT_MILLS,
      operator: true,
    })
    const { key } = await mintKey(db, org, { name: 'First key', livemode: true, dialect: 'pennypost' })
    const ctx = {
      app,
      db,
      org,
      livemode: true,
      scopes: new Set<string>(),
      key: undefined,
      requestId: 'first-start',
      ip: '127.0.0.1',
    }
    const from = await openInbox(ctx, { name: 'Alice', email: `alice@${MAIL_DOMAIN}` })
    const to = await openInbox(ctx, { name: 'Bob', email: `bob@${MAIL_DOMAIN}` })
    return { key, from: from.email, to: to.email }
  })
