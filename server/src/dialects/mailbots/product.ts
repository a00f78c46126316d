import type { Product } from '../product.ts'
import { webhooks } from './webhooks.ts'

export const product = {
  name: 'mailbots',
  title: 'Mailbots',
  document: 'Mailbots API documentation',
  asOf: '2026-11',
  keys: { live: 'mb_live_', test: 'mb_test_' },
  credential: { header: 'authorization', scheme: 'Bearer' },
  root: '/api/v1',
  webhooks,
} as const satisfies Product
