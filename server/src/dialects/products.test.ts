import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { credentialOf } from './product.ts'
import { dialectOfKey, keyPrefixes, products, surfaceOfPath } from './products.ts'

describe('products', () => {
  it('are known by the keys of their clients, in the header where they put them', () => {
    for (const { name, keys, credential } of products) {
      const key = `${keys.live}abc`
      const headers = { [credential.header]: credential.scheme ? `Bearer ${key}` : key }
      assert.equal(credentialOf({ credential }, headers), key, name)
      assert.equal(dialectOfKey(headers), keys.live ? name : undefined, name)
    }
    assert.equal(dialectOfKey({ authorization: 'Bearer pp_live_abc' }), undefined)
    assert.equal(dialectOfKey({ authorization: 'bearer  MB_TEST_abc' }), 'mailbots')
    assert.equal(dialectOfKey({}), undefined)
  })

  it('have a key prefix each, and paths that are counted as theirs', () => {
    assert.deepEqual(Object.keys(keyPrefixes).sort(), ['pennypost', ...products.map(({ name }) => name)].sort())
    for (const { name, root } of products) {
      assert.equal(surfaceOfPath(`/${name}${root}/things`), 'dialect')
      assert.equal(surfaceOfPath(`${root}/things`), root === '/v1' ? 'v1' : 'dialect')
    }
    assert.equal(surfaceOfPath('/docs'), 'public')
  })

  it('are named nowhere in the server but in their folder and the two lists', async () => {
    const src = join(import.meta.dirname, '..')
    const named: string[] = []
    for (const file of (await readdir(src, { recursive: true })).filter(file => file.endsWith('.ts'))) {
      if (/\.test\.ts$/.test(file) || /^(dialects|cli)\//.test(file)) continue
      const text = await readFile(join(src, file), 'utf8')
      for (const { name } of products) if (text.includes(`'${name}'`)) named.push(`${file}: ${name}`)
    }
    assert.deepEqual(named, [])
  })
})
