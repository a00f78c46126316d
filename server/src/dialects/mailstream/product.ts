import type { Product } from '../product.ts'
import { webhooks } from './webhooks.ts'

export const product = {
  name: 'mailstream',
  title: 'MailStream',
  document: 'MailStream developer page and webhook page',
  asOf: '2026-11',
  keys: { live: 'ms_live_', test: 'ms_test_' },
  credential: { header: 'authorization', scheme: 'Bearer' },
  root: '/v1',
  webhooks,
} as const satisfies Product
