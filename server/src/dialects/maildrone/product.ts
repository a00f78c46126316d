import type { Product } from '../product.ts'

export const product = {
  name: 'maildrone',
  title: 'Maildrone',
  document: 'Maildrone API documentation',
  asOf: '2026-11',
  keys: { live: '', test: '' },
  credential: { header: 'authorization', scheme: 'Bearer' },
  root: '/v2',
} as const satisfies Product
