import type { Product } from '../product.ts'

export const product = {
  name: 'mailbindr',
  title: 'Mailbindr',
  document: 'Mailbindr API documentation',
  asOf: '2026-11',
  keys: { live: '', test: '' },
  credential: { header: 'x-api-token' },
  root: '/email',
} as const satisfies Product
