import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { preferred } from './accept.ts'

const forms = { pdf: 'application/pdf', png: 'image/png', json: 'application/json' }

describe('the form of an answer', () => {
  it('is the one that the Accept header likes best', () => {
    for (const [accept, form] of [
      [undefined, 'pdf'],
      ['', 'pdf'],
      ['*/*', 'pdf'],
      ['image/png', 'png'],
      ['application/pdf', 'pdf'],
      ['application/json', 'json'],
      ['application/json, text/plain, */*', 'json'],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', 'pdf'],
      ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'png'],
      ['application/pdf;q=0.5, image/png', 'png'],
      ['image/png;q=0, */*', 'pdf'],
      ['application/pdf;q=0, image/*;q=0.2, */*;q=0.1', 'png'],
      ['text/html', 'pdf'],
      ['IMAGE/PNG', 'png'],
      [';;;,,q=', 'pdf'],
    ] as const)
      assert.equal(preferred(accept, forms), form, accept)
  })
})
