/** Every dialect, on one page. */
import type { WebhookDialect } from '../webhooks/sign.ts'
import type { Dialect } from './dialect.ts'
import { mailboxkit } from './mailboxkit/dialect.ts'

export const dialects: readonly Dialect[] = [mailboxkit]

export const webhookDialects: Record<string, WebhookDialect> = Object.fromEntries(dialects.map(dialect => [dialect.name, dialect.webhooks]))
