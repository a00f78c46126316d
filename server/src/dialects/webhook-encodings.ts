/** How each dialect's webhooks are written and signed. Apart from the dialects themselves, because delivery needs only this. */
import type { WebhookDialect } from '../webhooks/sign.ts'
import { webhooks as mailbots } from './mailbots/webhooks.ts'
import { webhooks as mailboxkit } from './mailboxkit/webhooks.ts'
import { webhooks as mailstream } from './mailstream/webhooks.ts'

export const webhookDialects: Record<string, WebhookDialect> = { mailboxkit, mailbots, mailstream }
