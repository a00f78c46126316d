/**
 * How each dialect writes and signs webhooks, by its name. A list apart from index.ts, because delivering needs it and must not
 * pull in the dialects' tables, which need the operations, which need delivering.
 */
import type { WebhookDialect } from '../webhooks/sign.ts'
import { webhooks as mailboxkit } from './mailboxkit/webhooks.ts'

export const webhookDialects: Readonly<Record<string, WebhookDialect>> = { mailboxkit }
