import type { Product } from '../product.ts'
import { webhooks } from './webhooks.ts'

export const product = {
  name: 'mailboxkit',
  title: 'MailboxKit',
  document: 'MailboxKit API documentation',
  asOf: '2026-11',
  keys: { live: 'mbk_live_', test: 'mbk_test_' },
  credential: { header: 'authorization', scheme: 'Bearer' },
  root: '/api/v1',
  webhooks,
} as const satisfies Product
